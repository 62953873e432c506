/**
 * Clients that take nothing of what waits for them, and large events on their way to those that read slowly.
 */
import type { ServerResponse } from "node:http";
import { connect } from "node:http2";
import { Socket } from "node:net";
import { eventually, type Protocol, settled, type TestServer } from "@sse-service/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Connection } from "../src/connection/connection.js";
import type { SSEConnection, SSEService, SSEServiceOptions } from "../src/index.js";
import { type Opened, startService } from "./serving.js";

const KB = 1024;
const PROTOCOLS: readonly Protocol[] = ["http", "https", "http2", "http2-tls"];

let server: TestServer;
let sse: SSEService;

afterEach(async () => {
	sse.disconnect("all");
	await server.destroy();
});

async function serve(
	options: SSEServiceOptions,
	protocol?: Protocol,
): Promise<() => Promise<Opened>> {
	const serving = await startService({ closeTimeoutMs: 100_000, ...options }, undefined, protocol);
	({ sse, server } = serving);
	return () => serving.open();
}

/** Keep something waiting for a reader that has paused, until `test` holds. */
async function block({ connection, stream }: Opened, test: () => boolean): Promise<void> {
	stream.pause();
	while (!test()) {
		if (connection.bufferedBytes < 100 * KB) connection.send("x".repeat(20 * KB));
		await new Promise((resolve) => setImmediate(resolve));
	}
}

function lengthOf(connection: SSEConnection): number {
	return (connection.response as unknown as ServerResponse).writableLength;
}

describe.each(PROTOCOLS)("over %s", (protocol) => {
	// One below the byte bound stayed for as long as its socket did.
	it("a reader that accepts nothing ends as slow, far below the byte limit; others stay", async () => {
		const open = await serve({ heartbeatIntervalMs: 0, stallTimeoutMs: 20 }, protocol);
		const [stuck, other] = [await open(), await open()];
		await block(stuck, () => stuck.connection.closed);
		expect(stuck.connection.closeReason).toBe("slow");
		expect(other.connection.closed).toBe(false);
		sse.send("all", "still here");
		await other.stream.take(1);
	});

	it("progress is measured by the bytes that wait", async () => {
		const open = await serve({ heartbeatIntervalMs: 0, stallTimeoutMs: 0 }, protocol);
		const reader = await open();
		const connection = reader.connection as unknown as Connection;
		expect([connection.isStalled(), connection.isStalled()]).toEqual([false, false]);
		let turns = 0;
		// Until the operating system takes no more.
		await block(reader, () => {
			turns = connection.isStalled() ? turns + 1 : 0;
			return turns === 100;
		});
		connection.send("more");
		expect(connection.isStalled()).toBe(true);
		reader.stream.resume();
		await eventually(() => !connection.isStalled());
		await eventually(() => connection.bufferedBytes === 0);
		expect([connection.isStalled(), connection.isStalled()]).toEqual([false, false]);
	});

	// Over TLS each reader's copy of it was encrypted at once.
	it("a large event is in memory once, and each reader's stream holds only its next piece", async () => {
		const open = await serve({ maxBufferedBytes: 100 * KB }, protocol);
		const readers = [await open(), await open()];
		for (const { stream } of readers) stream.pause();
		// More than the operating system takes, or the window of HTTP/2.
		const data = "x".repeat((protocol.startsWith("http2") ? 1 : 10) * KB * KB);
		expect(sse.send("all", data)).toBe(2);
		for (const { connection } of readers) {
			await eventually(() => lengthOf(connection) > 0);
			expect(connection.bufferedBytes).toBeGreaterThan(200 * KB);
			expect(lengthOf(connection)).toBeLessThan(200 * KB);
		}
		sse.send("all", "behind");
		for (const { connection, stream } of readers) {
			connection.close();
			stream.resume();
			expect(await settled(stream.ended, "the end")).toBe(true);
			expect(stream.events.map((event) => event.data.length)).toEqual([data.length, 6]);
		}
	});
});

it.each<[Protocol]>([["http2"], ["http2-tls"]])(
	"over %s, a client whose window is 0 from the start takes not even the first byte, and ends as slow",
	async (protocol) => {
		await serve({ heartbeatIntervalMs: 0, stallTimeoutMs: 20 }, protocol);
		const settings = { initialWindowSize: 0 };
		const session = connect(server.url, { rejectUnauthorized: false, settings });
		session.on("error", () => {});
		const stream = session.request({ ":path": "/" });
		stream.on("error", () => {});
		await eventually(() => sse.stats().closes.slow === 1);
		expect(sse.stats()).toMatchObject({ connections: 0, connectionsOpened: 1 });
		session.destroy();
	},
);

it("dropping the oldest never drops part of an event that is being written", async () => {
	const open = await serve({ maxBufferedBytes: 100 * KB, slowPolicy: "drop-oldest" });
	const { connection, stream } = await open();
	stream.pause();
	connection.send("x".repeat(10 * KB * KB));
	await eventually(() => connection.bufferedBytes < 10 * KB * KB);
	for (let n = 0; n < 100; n++) connection.send("y".repeat(10 * KB), { id: n });
	stream.resume();
	connection.send("last");
	await stream.until(() => stream.events.at(-1)?.data === "last");
	const [first, second] = stream.events;
	expect(first?.data.length).toBe(10 * KB * KB);
	expect(second?.data).toMatch(/^y+$/);
	expect(stream.events.length).toBeLessThan(20);
});

// It was written to everyone before send() returned: 740 ms for 1,500 readers.
it("a large event leaves after this turn, like a small one", async () => {
	const open = await serve({});
	const readers = [await open(), await open(), await open()];
	const written = (): number[] =>
		readers.map(
			({ connection }) =>
				(connection.response as unknown as ServerResponse).socket?.bytesWritten ?? 0,
		);
	const before = written();
	sse.send("all", "x".repeat(200 * KB));
	sse.send("all", "y".repeat(200 * KB));
	expect(written()).toEqual(before);
	for (const { stream } of readers) {
		expect((await stream.take(2)).map(({ data }) => data.length)).toEqual([200 * KB, 200 * KB]);
	}
});

it.each<[number, number | undefined, (number | boolean)[][]]>([
	[0, undefined, [[true, 60_000]]],
	[0, 30_000, [[true, 30_000]]],
	[0, 0, []],
	[15_000, undefined, []],
])(
	"with heartbeats of %i ms and a timeout of %s the operating system probes an idle client: %j",
	async (heartbeatIntervalMs, stallTimeoutMs, calls) => {
		vi.useFakeTimers({ toFake: ["setInterval"] });
		const keepAlive = vi.spyOn(Socket.prototype, "setKeepAlive");
		try {
			const open = await serve({ heartbeatIntervalMs, stallTimeoutMs });
			const { connection } = await open();
			const { socket } = connection.response as unknown as ServerResponse;
			const own = () =>
				keepAlive.mock.calls.filter((_, call) => keepAlive.mock.contexts[call] === socket);
			const idleMs = stallTimeoutMs || 60_000;
			// A client that leaves earlier costs no system call.
			vi.advanceTimersByTime(0.9 * idleMs);
			expect(own()).toEqual([]);
			vi.advanceTimersByTime(0.4 * idleMs);
			expect(own()).toEqual(calls);
		} finally {
			vi.restoreAllMocks();
			vi.useRealTimers();
		}
	},
);

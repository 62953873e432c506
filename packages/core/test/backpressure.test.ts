/**
 * Readers that do not read: bounds, policies, and everyone else.
 */
import { EventEmitter, once } from "node:events";
import type { ServerResponse } from "node:http";
import http2 from "node:http2";
import {
	eventually,
	openBlockedReader,
	openStream,
	startServer,
	type TestServer,
} from "@sse-service/testing";
import { afterEach, describe, expect, it } from "vitest";
import {
	type ConnectParams,
	createSSEService,
	type SSEConnection,
	type SSEService,
	type SSEServiceOptions,
} from "../src/index.js";
import { startService } from "./serving.js";

const KB = 1024;

let server: TestServer;
let sse: SSEService;
let connections: readonly SSEConnection[];

afterEach(async () => {
	await sse.close();
	await server.destroy();
});

async function serve(
	options: SSEServiceOptions,
	params: Partial<ConnectParams> = {},
): Promise<void> {
	const all = { closeTimeoutMs: 0, ...options };
	({ sse, server, connections } = await startService(all, () => params));
}

/** Connect a reader that does not read, and send to it until its socket takes no more. */
async function block(): Promise<{ connection: SSEConnection; sent: number }> {
	await openBlockedReader(server.port);
	const connection = connections.at(-1);
	if (connection === undefined) throw new Error("not connected");
	let sent = 0;
	// The operating system holds some megabytes for it; once the figure stays, it holds all it will. A socket of Node takes 16 KiB
	// besides, from Node 22 on 64 KiB.
	let before = -1;
	while (connection.bufferedBytes === 0 || connection.bufferedBytes !== before) {
		before = connection.bufferedBytes;
		connection.send("x".repeat(16 * KB), { id: sent++ });
		await new Promise((resolve) => setImmediate(resolve));
		if (connection.bufferedBytes > connection.response.writableHighWaterMark + KB) break;
	}
	return { connection, sent };
}

describe("a reader that does not read", () => {
	it("is closed with reason slow at maxBufferedBytes, and never holds more than that and one frame", async () => {
		const reasons: string[] = [];
		await serve(
			{ maxBufferedBytes: 200 * KB },
			{ onDisconnectCb: ({ reason }) => reasons.push(reason) },
		);
		const { connection } = await block();
		let most = 0;
		while (!connection.closed) {
			connection.send("y".repeat(10 * KB));
			most = Math.max(most, connection.bufferedBytes);
			await new Promise((resolve) => setImmediate(resolve));
		}
		expect(connection.closeReason).toBe("slow");
		expect(most).toBeGreaterThan(100 * KB);
		expect(most).toBeLessThanOrEqual(200 * KB);
		expect(connection.bufferedBytes).toBeLessThanOrEqual(200 * KB);
		await eventually(() => reasons.length > 0);
		expect(reasons).toEqual(["slow"]);
		await eventually(() => server.sockets.size === 0, "the socket to be destroyed");
		expect(sse.stats()).toMatchObject({
			connections: 0,
			clients: 0,
			groups: 0,
			closes: { slow: 1 },
		});
	});

	it("that leaves while blocked is noticed, once, and frees everything", async () => {
		const reasons: string[] = [];
		await serve({}, { onDisconnectCb: ({ reason }) => reasons.push(reason) });
		const client = await openBlockedReader(server.port);
		const [connection] = connections;
		while ((connection?.bufferedBytes ?? 0) < 100 * KB) {
			connection?.send("x".repeat(64 * KB));
			await new Promise((resolve) => setImmediate(resolve));
		}
		client.abort();
		await eventually(() => reasons.length > 0);
		expect(reasons).toEqual(["client"]);
		expect(connection?.bufferedBytes).toBe(0);
		expect(sse.stats()).toMatchObject({ connections: 0, clients: 0, groups: 0 });
	});

	it("delays nobody else", async () => {
		await serve({ maxBufferedBytes: 64 * KB * KB });
		const { connection: blocked } = await block();
		const stream = await openStream(server.url);
		for (let i = 0; i < 50; i++) {
			sse.send("all", String(i));
			await stream.take(i + 1);
		}
		expect(stream.events.map(({ data }) => data)).toEqual(
			Array.from({ length: 50 }, (_, i) => String(i)),
		);
		expect(blocked.closed).toBe(false);
	});

	it("gets everything, in order and whole, when it reads again", async () => {
		await serve({ maxBufferedBytes: 8 * KB * KB });
		const stream = await openStream(server.url);
		stream.pause();
		const [connection] = connections;
		let sent = 0;
		while ((connection?.bufferedBytes ?? 0) < 2 * KB * KB) {
			sse.send("all", `${sent++} ${"ü\n".repeat(3_000)}`);
			await new Promise((resolve) => setImmediate(resolve));
		}
		stream.resume();
		sse.send("all", "end");
		await stream.until(() => stream.events.at(-1)?.data === "end");
		expect(stream.events.slice(0, -1).map(({ data }) => Number.parseInt(data, 10))).toEqual(
			Array.from({ length: sent }, (_, i) => i),
		);
		expect(stream.events.every(({ data }) => data === "end" || data.endsWith("ü\n"))).toBe(true);
		expect(connection?.bufferedBytes).toBe(0);
	});

	it("misses volatile events, and they are counted", async () => {
		await serve({ maxBufferedBytes: 8 * KB * KB });
		const { connection, sent } = await block();
		expect(connection.send("tick", { volatile: true })).toBe(0);
		expect(sse.stats().drops).toEqual({ volatile: 1 });
		expect(sse.stats().eventsSent).toBe(sent);
	});

	it("a volatile event reaches those who are not behind", async () => {
		await serve({});
		const stream = await openStream(server.url);
		expect(sse.send("all", "tick", { volatile: true })).toBe(1);
		expect(await stream.take(1)).toEqual([{ data: "tick" }]);
	});

	it.each([
		["drop-oldest", [3, 4, 5]],
		["drop-newest", [0, 1, 2]],
	] as const)(
		"with %s it loses whole events and keeps its connection",
		async (slowPolicy, kept) => {
			await serve({ slowPolicy, maxBufferedBytes: 1024 * KB });
			const stream = await openStream(server.url);
			stream.pause();
			const [connection] = connections;
			if (connection === undefined) throw new Error("not connected");
			// Fill what the operating system holds, then nearly all of the bound, with events that go first.
			while (connection.bufferedBytes < 700 * KB) {
				connection.send("x".repeat(50 * KB), { event: "filler" });
				await new Promise((resolve) => setImmediate(resolve));
			}
			const room = 1024 * KB - connection.bufferedBytes;
			// Each event that waits counts a little more than its bytes.
			const size = Math.floor(room / 3) - 200;
			const text = (i: number): string => `${i}${"y".repeat(size - "data: 0\n\n".length)}`;
			const results = [0, 1, 2, 3, 4, 5].map((i) => connection.send(text(i)));
			const { drops } = sse.stats();
			expect(connection.closed).toBe(false);
			stream.resume();
			await eventually(() => connection.bufferedBytes === 0, "the queue to drain");
			connection.send("end", { event: "end" });
			await stream.until(() => stream.events.at(-1)?.event === "end");
			const numbers = stream.events
				.filter(({ event }) => event === undefined)
				.map(({ data }) => Number(data[0]));
			if (slowPolicy === "drop-newest") {
				expect(results).toEqual([1, 1, 1, 0, 0, 0]);
				expect(numbers).toEqual(kept);
				expect(drops).toEqual({ "drop-newest": 3 });
			} else {
				// The fillers that still waited were older, so they went first.
				expect(results).toEqual([1, 1, 1, 1, 1, 1]);
				expect(numbers.slice(-3)).toEqual(kept);
				expect(drops["drop-oldest"]).toBeGreaterThanOrEqual(3);
			}
			expect(sse.stats().closes).toEqual({});
		},
	);

	// Cause: what the sink had been given was no longer seen to be a notice, and it takes notices as long as it is not full.
	it.each(["drop-newest", "drop-oldest"] as const)(
		"with %s reads one gap for consecutive drops, also at a limit below what its socket takes",
		async (slowPolicy) => {
			await serve({ history: true, slowPolicy, maxBufferedBytes: 10_000 });
			const stream = await openStream(server.url);
			stream.pause();
			while ((sse.stats().drops["drop-newest"] ?? 0) < 50) {
				sse.send("all", "x".repeat(8_000));
				await new Promise((resolve) => setImmediate(resolve));
			}
			stream.resume();
			await eventually(() => connections[0]?.bufferedBytes === 0, "the queue to drain");
			sse.send("all", "", { event: "end" });
			await stream.until(() => stream.events.at(-1)?.event === "end");
			const types = stream.events.map(({ event }) => event);
			expect(types).toContain("gap");
			const again = types.filter((type, index) => type === "gap" && types[index - 1] === "gap");
			expect(again).toEqual([]);
		},
	);

	it("misses volatile events even if one would exceed the limit: they never close a connection", async () => {
		await serve({ maxBufferedBytes: 64 * KB });
		await openBlockedReader(server.port);
		const [connection] = connections;
		for (let i = 0; i < 300; i++) {
			connection?.send("x".repeat(40 * KB), { volatile: true });
			connection?.send("x".repeat(40 * KB), { volatile: true });
			await new Promise((resolve) => setImmediate(resolve));
		}
		expect(connection?.closed).toBe(false);
		expect(sse.stats().drops.volatile).toBeGreaterThan(0);
	});

	it("whose stream the application ends has the usual time to end, and is no longer registered", async () => {
		await serve({ closeTimeoutMs: 50, maxBufferedBytes: 8 * KB * KB });
		const { connection } = await block();
		connection.response.end();
		expect(connection.send("late")).toBe(0);
		expect(connection).toMatchObject({ closed: true, closeReason: "server" });
		expect(sse.stats().connections).toBe(0);
		await eventually(() => server.sockets.size === 0, "the socket to be destroyed");
	});

	it("a service that is closed does not wait for it longer than closeTimeoutMs", async () => {
		await serve({ maxBufferedBytes: 8 * KB * KB, closeTimeoutMs: 20 });
		await block();
		await sse.close();
		await server.close();
		expect(server.sockets.size).toBe(0);
	});
});

describe("over HTTP/2", () => {
	it("a stream that is not read is closed alone: its session and the other streams continue", async () => {
		const params = (clientId: string) => ({ clientId });
		({ sse, server, connections } = await startService(
			{ maxBufferedBytes: 100 * KB },
			params,
			"http2",
		));
		const session = http2.connect(server.url);
		const [slow, quick] = [
			session.request({ ":path": "/slow" }),
			session.request({ ":path": "/quick" }),
		];
		slow.on("error", () => {});
		const slowClosed = once(slow, "close");
		// Each event ends with this; it may come in any chunk.
		const END = "!".charCodeAt(0);
		let received = 0;
		let waiting = (): void => {};
		quick.on("data", (chunk: Buffer) => {
			for (const byte of chunk) if (byte === END) received++;
			waiting();
		});
		await eventually(() => connections.length === 2);
		const slowConnection = connections.find(({ clientId }) => clientId === "slow");
		let sent = 0;
		while (slowConnection?.closed === false) {
			sse.send("all", `${"x".repeat(10 * KB)}!`);
			sent++;
			await new Promise<void>((resolve) => {
				waiting = () => received >= sent && resolve();
				waiting();
			});
		}
		expect(slowConnection?.closeReason).toBe("slow");
		await slowClosed;
		expect(sse.send("all", "still here!")).toBe(1);
		await eventually(
			() => received === sent + 1,
			() => `${received} of ${sent + 1}`,
		);
		expect(session.destroyed).toBe(false);
		session.destroy();
	});
});

describe("one frame larger than the whole limit", () => {
	it("arrives whole, and so do small ones after it", async () => {
		await serve({ maxBufferedBytes: 64 * KB });
		const stream = await openStream(server.url);
		const big = "b".repeat(10 * KB * KB);
		expect(sse.send("all", big)).toBe(1);
		expect(sse.send("all", "small")).toBe(1);
		const [first, second] = await stream.take(2);
		expect(first?.data.length).toBe(big.length);
		expect(second?.data).toBe("small");
	});

	// From Node 26 on, a response is corked in the tick of a write, and emits 'drain' from within `uncork`: in the middle of the
	// write of a piece. The next pieces were written within it, and the stream waited for a 'drain' after the last.
	it("is followed by small ones also when the response drains while a part of it is written", async () => {
		await serve({ maxBufferedBytes: 1024 * KB });
		const stream = await openStream(server.url);
		const connection = connections[0] as SSEConnection;
		stream.pause();
		// From then on, the stream listens to 'drain'.
		while (connection.bufferedBytes < 100 * KB) {
			connection.send("x".repeat(64 * KB));
			await new Promise((resolve) => setImmediate(resolve));
		}
		stream.resume();
		await eventually(() => connection.bufferedBytes === 0, "the queue to drain");
		connection.send("b".repeat(129 * KB), { event: "big" });
		await stream.until(() => stream.events.at(-1)?.event === "big");
		connection.send("small", { event: "small" });
		await stream.until(() => stream.events.at(-1)?.event === "small");
	});

	it("is followed by small ones also when it had to wait before it was written", async () => {
		await serve({ maxBufferedBytes: 64 * KB });
		const stream = await openStream(server.url);
		const [connection] = connections;
		stream.pause();
		// Blocked by less than the bound, then the large one waits behind it.
		while ((connection?.bufferedBytes ?? 0) < 20 * KB) {
			connection?.send("x".repeat(20 * KB));
			await new Promise((resolve) => setImmediate(resolve));
		}
		expect(connection?.send("b".repeat(5 * KB * KB), { event: "big" })).toBe(1);
		stream.resume();
		while ((connection?.bufferedBytes ?? 0) > 4 * KB * KB) {
			expect(connection?.send("small", { event: "small" })).toBe(1);
			await new Promise((resolve) => setImmediate(resolve));
		}
		await stream.until(() => stream.events.some(({ event }) => event === "small"));
		expect(connection?.closed).toBe(false);
	});

	it("counts nothing once it is dropped as the oldest", async () => {
		await serve({ maxBufferedBytes: 100 * KB, slowPolicy: "drop-oldest" });
		await openBlockedReader(server.port);
		const [connection] = connections;
		while ((connection?.bufferedBytes ?? 0) < 50 * KB) {
			connection?.send("x".repeat(40 * KB));
			await new Promise((resolve) => setImmediate(resolve));
		}
		connection?.send("b".repeat(5 * KB * KB));
		for (let i = 0; i < 1000; i++) connection?.send("x".repeat(10 * KB));
		expect(connection?.bufferedBytes).toBeLessThanOrEqual(101 * KB);
	});

	it("does not make another frame drop when one is being written", async () => {
		await serve({ maxBufferedBytes: 100 * KB, slowPolicy: "drop-oldest" });
		await openBlockedReader(server.port);
		const [connection] = connections;
		expect(connection?.send("b".repeat(20 * KB * KB))).toBe(1);
		for (let i = 0; i < 5; i++) expect(connection?.send("small")).toBe(1);
		expect(connection?.send("c".repeat(200 * KB))).toBe(0);
		expect(sse.stats().drops).toEqual({ "drop-newest": 1 });
	});

	it("is allowed once at a time: a second one meets the limit", async () => {
		await serve({ maxBufferedBytes: 64 * KB });
		await openBlockedReader(server.port);
		const [connection] = connections;
		const big = "b".repeat(20 * KB * KB);
		expect(connection?.send(big)).toBe(1);
		expect(connection?.send(big)).toBe(0);
		expect(connection?.closeReason).toBe("slow");
	});

	// The one that was replaced still counted as the one that may exceed the limit.
	it("with conflate is replaced by a newer one with its key, which then is the only one", async () => {
		await serve({ maxBufferedBytes: 200 * KB, slowPolicy: "conflate" });
		const { connection } = await block();
		for (const letter of ["a", "b", "c"]) {
			expect(connection.send(letter.repeat(300 * KB), { key: "state" })).toBe(1);
			await new Promise((resolve) => setImmediate(resolve));
		}
		expect(sse.stats().drops).toEqual({ conflate: 2 });
		expect(connection.send("d".repeat(300 * KB), { key: "other" })).toBe(0);
		expect(connection.closeReason).toBe("slow");
	});
});

describe("a burst in one turn of the event loop", () => {
	it("larger than the limit does not close a client that reads: the operating system takes its part at once", async () => {
		await serve({ maxBufferedBytes: 64 * KB });
		const stream = await openStream(server.url);
		const text = "z".repeat(1000);
		for (let i = 0; i < 300; i++) expect(sse.send("all", text, { id: i })).toBe(1);
		const events = await stream.take(300);
		expect(events.map(({ id }) => id)).toEqual(Array.from({ length: 300 }, (_, i) => String(i)));
	});

	it("that comes near the limit with two events does not close it either", async () => {
		await serve({ maxBufferedBytes: 20 * KB });
		const stream = await openStream(server.url);
		for (let i = 0; i < 10; i++) expect(sse.send("all", "z".repeat(15 * KB))).toBe(1);
		await stream.take(10);
	});

	it("leaves in one write for each connection", async () => {
		await serve({});
		const streams = [await openStream(server.url), await openStream(server.url)];
		const writes: number[] = [];
		for (const { response } of connections) {
			const write = response.write.bind(response) as (chunk: Uint8Array) => boolean;
			response.write = ((chunk: Uint8Array) => {
				writes.push(chunk.byteLength);
				return write(chunk);
			}) as typeof response.write;
		}
		for (let i = 0; i < 10; i++) sse.send("all", "0123456789");
		connections[1]?.send("own");
		for (const stream of streams) await stream.take(10);
		await streams[1]?.take(11);
		const each = "data: 0123456789\n\n".length * 10;
		expect(writes).toEqual([each, each + "data: own\n\n".length]);
	});
});

describe("middleware that wraps res.write", () => {
	it("and returns nothing does not silence the stream", async () => {
		await serve({});
		const stream = await openStream(server.url);
		const [connection] = connections;
		if (connection === undefined) throw new Error("not connected");
		const write = connection.response.write.bind(connection.response) as (
			chunk: Uint8Array,
		) => boolean;
		connection.response.write = ((chunk: Uint8Array) => void write(chunk)) as never;
		for (let i = 0; i < 5; i++) {
			sse.send("all", String(i));
			await stream.take(i + 1);
		}
	});

	it("and moves 'drain' to its own stream, as compression does, is waited for there", async () => {
		const compressor = new EventEmitter();
		sse = createSSEService({ maxBufferedBytes: 64 * KB * KB });
		server = await startServer((req, res) => {
			const on = res.on.bind(res);
			const write = res.write.bind(res) as (chunk: Uint8Array) => boolean;
			res.on = ((name: string, listener: () => void) =>
				name === "drain" ? compressor.on(name, listener) : on(name, listener)) as typeof res.on;
			res.write = ((chunk: Uint8Array) => {
				write(chunk);
				setImmediate(() => compressor.emit("drain"));
				return false;
			}) as typeof res.write;
			sse.connect({ req, res });
		});
		const stream = await openStream(server.url);
		for (let i = 0; i < 5; i++) sse.send("all", String(i));
		await stream.take(5);
		sse.send("all", "5");
		sse.send("all", "6");
		await stream.take(7);
	});

	// Cause: after the notice with the client's position, which is written at once, nothing wrote what had come in the meantime.
	it("and sends from within the first write keeps nothing back", async () => {
		sse = createSSEService({ heartbeatIntervalMs: 0, history: true });
		server = await startServer((req, res) => {
			const write = res.write.bind(res) as (chunk: Uint8Array) => boolean;
			let hasSent = false;
			res.write = ((chunk: Uint8Array) => {
				const isWritable = write(chunk);
				if (!hasSent && sse.send("all", "from within") > 0) hasSent = true;
				return isWritable;
			}) as typeof res.write;
			sse.connect({ req, res });
		});
		const stream = await openStream(server.url);
		await stream.take(1);
		sse.send("all", "later");
		const events = await stream.take(2);
		expect(events.map(({ data }) => data)).toEqual(["from within", "later"]);
	});

	it("gets the rest also when reading bufferedBytes is what makes the response emit 'drain'", async () => {
		await serve({ maxBufferedBytes: 1024 * KB });
		const stream = await openStream(server.url);
		const connection = connections[0] as SSEConnection;
		const response = connection.response as unknown as ServerResponse;
		const write = response.write.bind(response) as (chunk: Uint8Array) => boolean;
		response.write = ((chunk: Uint8Array) => {
			// Before the end of the tick, at which Node 26 passes on what the response holds.
			process.nextTick(() => connection.bufferedBytes);
			return write(chunk);
		}) as typeof response.write;
		connection.send("x".repeat(129 * KB));
		await eventually(() => connection.bufferedBytes === 0, "the queue to drain");
		expect((await stream.take(1))[0]?.data.length).toBe(129 * KB);
	});

	it("and throws ends that connection with reason error, calls onError, and affects no other connection", async () => {
		const errors: unknown[] = [];
		await serve({ onError: (error, { stage }) => errors.push([stage, (error as Error).message]) });
		await openStream(server.url);
		const stream = await openStream(server.url);
		const [broken] = connections;
		if (broken !== undefined) {
			broken.response.write = () => {
				throw new Error("tracing");
			};
		}
		expect(sse.send("all", "x")).toBe(2);
		expect(await stream.take(1)).toEqual([{ data: "x" }]);
		expect(broken?.closeReason).toBe("error");
		expect(errors).toEqual([["write", "tracing"]]);
		expect(sse.stats()).toMatchObject({ connections: 1, errors: 1, closes: { error: 1 } });
	});
});

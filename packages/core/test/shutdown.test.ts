/**
 * The orderly end: a drain spreads the ends of streams over a window, and new ones are refused.
 */
import {
	eventually,
	openBlockedReader,
	openStream,
	type TestServer,
	type TestStream,
} from "@sse-service/testing";
import { stopDrainClock } from "@sse-service/testing/drain-clock";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSSEService, type SSEService, type SSEServiceOptions } from "../src/index.js";
import { Drain } from "../src/pacing/drain.js";
import { type AppStreams, createAppStreams } from "../src/service/app-streams.js";
import { type Serving, startService } from "./serving.js";

describe("a drain", () => {
	let server: TestServer;
	let sse: SSEService;

	afterEach(async () => {
		await sse.close();
		await server.close();
	});

	async function serve(options?: SSEServiceOptions): Promise<Serving["open"]> {
		const serving = await startService(options);
		({ sse, server } = serving);
		return serving.open;
	}

	it("ends streams one after another, oldest first, each with its own retry after everything sent", async () => {
		const drainUntil = stopDrainClock();
		const ended: string[] = [];
		const open = await serve({
			retryMs: 200,
			onDisconnect: ({ client, reason }) => ended.push(`${client.clientId} ${reason}`),
		});
		const streams: TestStream[] = [];
		for (const clientId of ["a", "b", "c", "d"]) streams.push((await open({ clientId })).stream);
		sse.send("all", "before");
		const closed = sse.close({ drainMs: 1_000 });
		const reached: number[] = [];
		for (const stream of streams) {
			const count = sse.send("all", "meanwhile");
			reached.push(count);
			await drainUntil(() => sse.stats().connections < count);
			expect(await stream.ended).toBe(true);
		}
		await closed;
		expect(ended).toEqual(["a shutdown", "b shutdown", "c shutdown", "d shutdown"]);
		expect(reached).toEqual([4, 3, 2, 1]);
		for (const [index, stream] of streams.entries()) {
			expect(stream.events).toHaveLength(2 + index);
			expect(stream.text).toMatch(/data: meanwhile\n\nretry: \d+\n$/);
			expect(stream.retries).toHaveLength(2);
			expect(stream.retries[1]).toBeGreaterThanOrEqual(100);
			expect(stream.retries[1]).toBeLessThanOrEqual(300);
		}
		expect(new Set(streams.map(({ retries }) => retries[1])).size).toBeGreaterThan(1);
	});

	it("without retryMs sends 500 to 1,500 ms, as a block with commentForm block", async () => {
		const open = await serve({ commentForm: "block" });
		const { stream } = await open();
		await sse.close({ drainMs: 30 });
		await stream.ended;
		const [, retry] = /^: open\n\nretry: (\d+)\n\n$/.exec(stream.text) ?? [];
		expect(Number(retry)).toBeGreaterThanOrEqual(500);
		expect(Number(retry)).toBeLessThanOrEqual(1_500);
	});

	it("is the service's own by option, and over at once with drainMs 0", async () => {
		const open = await serve({ drainMs: 600_000 });
		const { stream } = await open();
		await sse.close({ drainMs: 0 });
		expect(await stream.ended).toBe(true);
		expect(stream.text).toBe(": open\n");
	});

	it("ends the rest at once at a second close, with a retry, and the promise is the same", async () => {
		const open = await serve({ drainMs: 600_000 });
		const streams = [(await open()).stream, (await open()).stream];
		const closed = sse.close();
		expect(sse.stats().connections).toBe(2);
		expect(sse.close()).toBe(closed);
		expect(sse.stats().connections).toBe(0);
		await closed;
		for (const { ended, retries } of streams) {
			expect(await ended).toBe(true);
			expect(retries).toHaveLength(1);
		}
	});

	it("ends sooner with a shorter second window, and not later with a longer one", async () => {
		const open = await serve();
		await open();
		const closed = sse.close({ drainMs: 600_000 });
		expect(sse.close({ drainMs: 50 })).toBe(closed);
		expect(sse.close({ drainMs: 600_000 })).toBe(closed);
		expect(sse.stats().connections).toBe(1);
		await closed;
		expect(sse.stats().closes).toEqual({ shutdown: 1 });
	});

	it("refuses new streams with 503 and a Retry-After of the window, in seconds", async () => {
		const open = await serve({ drainMs: 3_599_500 });
		const { stream } = await open();
		void sse.close();
		expect(() => sse.connect({} as never)).toThrowError(
			expect.objectContaining({
				code: "ERR_SSE_SERVICE_CLOSED",
				statusCode: 503,
				headers: { "Retry-After": "3600" },
			}),
		);
		const refused = await openStream(server.url);
		expect(refused.status).toBe(503);
		expect(sse.send("all", "still here")).toBe(1);
		expect(await stream.take(1)).toEqual([{ data: "still here" }]);
	});

	it("a service that was closed at once asks clients to reconnect in a second", async () => {
		await serve();
		void sse.close();
		expect(() => sse.connect({} as never)).toThrowError(
			expect.objectContaining({ headers: { "Retry-After": "1" } }),
		);
	});

	it("is over as soon as every client has left, and leaves no timer", async () => {
		const open = await serve();
		const { stream } = await open();
		const timers = vi.spyOn(globalThis, "setInterval");
		const cleared = vi.spyOn(globalThis, "clearInterval");
		const closed = sse.close({ drainMs: 600_000 });
		const timer = timers.mock.results[0]?.value as NodeJS.Timeout;
		expect(timer.hasRef()).toBe(false);
		stream.abort();
		await closed;
		expect(timers).toHaveBeenCalledTimes(1);
		expect(cleared).toHaveBeenCalledWith(timer);
		vi.restoreAllMocks();
	});

	it("ends a stream that is blocked at its limit like any other, and destroys it if it does not read", async () => {
		await serve({ closeTimeoutMs: 50, maxBufferedBytes: 256 * 1024, slowPolicy: "drop-newest" });
		await openBlockedReader(server.port);
		await eventually(() => sse.stats().connections === 1);
		await eventually(() => sse.send("all", "x".repeat(200_000)) === 0);
		await sse.close({ drainMs: 30 });
		expect(sse.stats().closes).toEqual({ shutdown: 1 });
	});

	it.each([
		[{ drainMs: -1 }],
		[{ drainMs: Infinity }],
		[{ drainMs: "10" }],
		[{ drain: 10 }],
		[10],
		[null],
	])("close(%o) is refused, and closes nothing", async (options) => {
		const open = await serve();
		await open();
		expect(() => sse.close(options as object)).toThrowError(
			expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
		);
		expect(sse.stats().connections).toBe(1);
	});
});

describe("the streams of one app", () => {
	let server: TestServer;
	let sse: SSEService;

	afterEach(async () => {
		await sse.close({ drainMs: 0 });
		await server.close();
	});

	/** Lets the server open streams of the app. */
	function serve(streams: AppStreams): void {
		server.server.removeAllListeners("request");
		server.server.on("request", (req, res) => {
			try {
				streams.connect({ req, res });
			} catch {
				// A client of a test before that had this port, and that still reconnects.
				res.writeHead(503).end();
			}
		});
	}

	it("drain over the service's drainMs; its others stay open", async () => {
		const drainUntil = stopDrainClock();
		const serving = await startService({ drainMs: 400 });
		({ sse, server } = serving);
		const streams = createAppStreams({ service: sse });
		const { stream: other } = await serving.open();
		serve(streams);
		const [one, two] = [await openStream(server.url), await openStream(server.url)];
		const closed = streams.close();
		expect(sse.stats().connections).toBe(3);
		expect(() => streams.connect({} as never)).toThrowError(
			expect.objectContaining({
				code: "ERR_SSE_SERVICE_CLOSED",
				headers: { "Retry-After": "1" },
			}),
		);
		await drainUntil(() => sse.stats().connections === 2);
		expect(await one.ended).toBe(true);
		expect(sse.send("all", "x")).toBe(2);
		await drainUntil(() => sse.stats().connections === 1);
		await closed;
		expect(await two.ended).toBe(true);
		expect(two.text).toMatch(/data: x\n\nretry: \d+\n$/);
		expect(await other.take(1)).toEqual([{ data: "x" }]);
	});

	it("a stream that opens while the app closes ends at once", async () => {
		const serving = await startService({ onConnect: () => void streams.close() });
		({ sse, server } = serving);
		const streams = createAppStreams({ service: sse });
		serve(streams);
		expect(await (await openStream(server.url)).ended).toBe(true);
	});
});

describe("in time", () => {
	let from: number;

	beforeEach(() => {
		vi.useFakeTimers();
		from = performance.now();
	});

	afterEach(() => {
		vi.useRealTimers();
	});

	/** Drains this many. The result grows with the time of each end, in milliseconds. */
	function drain(count: number, windowMs: number): { readonly ends: readonly number[] } {
		const ends: number[] = [];
		const connections = Array.from({ length: count }, (_, index) => index);
		new Drain(connections, (connection) => {
			expect(connection).toBe(ends.length);
			ends.push(performance.now() - from);
		}).within(windowMs);
		return { ends };
	}

	it.each([
		[1, 1_000],
		[3, 1_000],
		[1_000, 1_000],
		[7_777, 10_000],
		[100, 10],
	])("%i over %i ms end evenly, all within the window and a tick", (count, windowMs) => {
		const { ends } = drain(count, windowMs);
		vi.advanceTimersByTime(windowMs + 25);
		expect(ends).toHaveLength(count);
		for (const [index, at] of ends.entries()) {
			const even = ((index + 1) * windowMs) / count;
			expect(Math.abs(at - even)).toBeLessThanOrEqual(26);
		}
		expect(vi.getTimerCount()).toBe(0);
	});

	it("after the process was busy, the rest is spread over the remaining window", () => {
		const { ends } = drain(1_000, 10_000);
		vi.advanceTimersByTime(2_000);
		expect(ends.length).toBeGreaterThan(190);
		const before = ends.length;
		// The clock continues, and no timer runs.
		const now = performance.now() + 4_000;
		vi.spyOn(performance, "now").mockImplementation(() => now);
		vi.advanceTimersByTime(25);
		expect(ends.length - before).toBeLessThan(10);
		vi.restoreAllMocks();
	});
});

it("a window must be within the range of a timer", () => {
	for (const drainMs of [-1, 0.5, Infinity, 2 ** 31]) {
		expect(() => createSSEService({ drainMs })).toThrowError(
			expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
		);
	}
});

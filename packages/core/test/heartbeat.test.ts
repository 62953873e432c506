/**
 * Heartbeats: to idle connections, all of them, and spread over time.
 */
import { openBlockedReader, openStream, type TestServer } from "@sse-service/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { SSEConnection, SSEService, SSEServiceOptions } from "../src/index.js";
import { DISTURBED, Heartbeat } from "../src/pacing/heartbeat.js";
import { startService } from "./serving.js";

describe("on the wire", () => {
	let server: TestServer;
	let sse: SSEService;

	afterEach(async () => {
		await sse.close();
		await server.destroy();
	});

	async function serve(options: SSEServiceOptions): Promise<void> {
		({ sse, server } = await startService({ closeTimeoutMs: 0, ...options }));
	}

	it("an idle connection gets comments, which are no events", async () => {
		await serve({ heartbeatIntervalMs: 20 });
		const stream = await openStream(server.url);
		await stream.until(() => stream.comments.length >= 4);
		expect(stream.text).toMatch(/^: open\n(: heartbeat\n){3,}$/);
		expect(stream.events).toEqual([]);
		expect(sse.stats().eventsSent).toBe(0);
	});

	it("an event behind a comment arrives intact", async () => {
		await serve({ heartbeatIntervalMs: 20 });
		const stream = await openStream(server.url);
		await stream.until(() => stream.comments.includes("heartbeat"));
		sse.send("all", "x", { event: "e" });
		expect(await stream.take(1)).toEqual([{ data: "x", event: "e" }]);
	});

	it("follows a faked clock, and events need only setImmediate to be real", async () => {
		vi.useFakeTimers({
			toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
		});
		try {
			await serve({ heartbeatIntervalMs: 60_000 });
			const stream = await openStream(server.url);
			sse.send("all", "x");
			expect(await stream.take(1)).toEqual([{ data: "x" }]);
			expect(stream.comments).toEqual(["open"]);
			vi.advanceTimersByTime(150_000);
			await stream.until(() => stream.comments.includes("heartbeat"));
		} finally {
			vi.useRealTimers();
		}
	});

	it("with commentForm block comments and a lone retry end with a blank line", async () => {
		await serve({ heartbeatIntervalMs: 20, commentForm: "block", retryMs: 7 });
		const stream = await openStream(server.url);
		await stream.until(() => stream.comments.length >= 2);
		expect(stream.text).toMatch(/^: open\n\nretry: 7\n\n(: heartbeat\n\n)+$/);
	});

	it("with heartbeatEvent it is an event with the interval", async () => {
		await serve({ heartbeatIntervalMs: 20, heartbeatEvent: "heartbeat" });
		const stream = await openStream(server.url);
		expect(await stream.take(1)).toEqual([{ event: "heartbeat", data: '{"intervalMs":20}' }]);
	});

	it("0 disables heartbeats, and starts no timer", async () => {
		const timers = vi.spyOn(globalThis, "setInterval");
		await serve({ heartbeatIntervalMs: 0, stallTimeoutMs: 0 });
		await openStream(server.url);
		expect(timers).not.toHaveBeenCalled();
		timers.mockRestore();
	});

	it("one timer serves all connections, and is gone when nobody is connected", async () => {
		const started = vi.spyOn(globalThis, "setInterval");
		const stopped = vi.spyOn(globalThis, "clearInterval");
		await serve({ heartbeatIntervalMs: 1000 });
		for (let i = 0; i < 10; i++) await openStream(server.url);
		expect(started).toHaveBeenCalledTimes(1);
		const timer = started.mock.results[0]?.value as NodeJS.Timeout;
		expect(timer.hasRef()).toBe(false);
		sse.disconnect("all");
		expect(stopped).toHaveBeenCalledExactlyOnceWith(timer);
		await openStream(server.url);
		expect(started).toHaveBeenCalledTimes(2);
		vi.restoreAllMocks();
	});

	it("skips a connection that is behind: nothing is added to its queue", async () => {
		const connections: SSEConnection[] = [];
		await serve({
			heartbeatIntervalMs: 20,
			maxBufferedBytes: 64 * 1024 * 1024,
			onConnect: ({ connection }) => connections.push(connection),
		});
		await openBlockedReader(server.port);
		const [blocked] = connections;
		while ((blocked?.bufferedBytes ?? 0) < 100_000) {
			sse.send("all", "x".repeat(100_000));
			await new Promise((resolve) => setImmediate(resolve));
		}
		const held = blocked?.bufferedBytes;
		// Another connection's heartbeats tell that time has passed.
		const other = await openStream(server.url);
		await other.until(() => other.comments.length >= 5);
		expect(blocked?.bufferedBytes).toBe(held);
	});
});

describe("in time", () => {
	class Idle {
		quietRounds = DISTURBED;
		heartbeatSlot = 0;
		heartbeatIndex = 0;
		idle = true;
		stalledRounds = 0;
		stalled = false;
		readonly beats: number[] = [];
		isStalled(): boolean {
			return this.stalled;
		}
	}

	/** A heartbeat on a clock of the test's own; beats note when they came. */
	function start(intervalMs: number): { heartbeat: Heartbeat<Idle>; elapse(ms: number): void } {
		vi.useFakeTimers();
		const from = Date.now();
		const heartbeat = new Heartbeat<Idle>(intervalMs, (connection) => {
			connection.quietRounds = DISTURBED;
			connection.beats.push(Date.now() - from);
		});
		return { heartbeat, elapse: (ms) => vi.advanceTimersByTime(ms) };
	}

	afterEach(() => {
		vi.useRealTimers();
	});

	it("heartbeats of an idle connection are one interval apart, the first within one and a quarter", () => {
		const { heartbeat, elapse } = start(16_000);
		const connections = Array.from({ length: 100 }, () => new Idle());
		for (const connection of connections) heartbeat.add(connection);
		elapse(60_000);
		for (const { beats } of connections) {
			expect(beats[0]).toBeGreaterThanOrEqual(16_000);
			expect(beats[0]).toBeLessThanOrEqual(20_000);
			expect((beats[1] ?? 0) - (beats[0] ?? 0)).toBe(16_000);
		}
	});

	it("a connection gets a heartbeat after one to one and a quarter intervals without an event, never earlier", () => {
		const { heartbeat, elapse } = start(16_000);
		const connection = new Idle();
		heartbeat.add(connection);
		for (let at = 0; at < 100; at++) {
			connection.quietRounds = DISTURBED;
			elapse(1_000 + 150 * at);
			if (1_000 + 150 * at < 16_000) expect(connection.beats).toEqual([]);
			else if (1_000 + 150 * at > 20_000) expect(connection.beats.length).toBeGreaterThan(0);
			connection.beats.length = 0;
		}
	});

	it("ten thousand connections that fell idle together are spread: no tick writes more than a sixteenth", () => {
		const { heartbeat, elapse } = start(16_000);
		const connections = Array.from({ length: 10_000 }, () => new Idle());
		for (const connection of connections) heartbeat.add(connection);
		elapse(5_000);
		for (const connection of connections) connection.quietRounds = DISTURBED;
		elapse(20_000);
		const perTick = new Map<number, number>();
		for (const { beats } of connections) {
			expect(beats).toHaveLength(1);
			perTick.set(beats[0] ?? -1, (perTick.get(beats[0] ?? -1) ?? 0) + 1);
		}
		expect(perTick.size).toBe(16);
		expect(Math.max(...perTick.values())).toBeLessThanOrEqual(625);
	});

	it("a removed connection gets no more heartbeats, even if a heartbeat removes it", () => {
		const { heartbeat, elapse } = start(16_000);
		const connection = new Idle();
		heartbeat.add(connection);
		heartbeat.delete(connection);
		elapse(60_000);
		expect(connection.beats).toEqual([]);
		expect(vi.getTimerCount()).toBe(0);
	});

	it("a client that accepts nothing for the whole timeout has stalled, whatever the intervals; one that accepts something has not", () => {
		vi.useFakeTimers();
		for (const [intervalMs, timeoutMs] of [
			[0, 60_000],
			[15_000, 60_000],
			[3_600_000, 60_000],
			[15_000, 1_000],
		] as const) {
			const from = Date.now();
			const stalls: number[] = [];
			const onStall = (connection: Idle): void => {
				stalls.push(Date.now() - from);
				heartbeat.delete(connection);
			};
			const heartbeat = new Heartbeat<Idle>(intervalMs, () => {}, { timeoutMs, onStall });
			const [stuck, slow] = [new Idle(), new Idle()];
			for (const connection of [stuck, slow]) heartbeat.add(connection);
			stuck.stalled = true;
			for (let rounds = 0; rounds < 100; rounds++) {
				slow.stalled = rounds % 3 > 0;
				vi.advanceTimersByTime(timeoutMs / 4);
			}
			expect(stalls).toHaveLength(1);
			expect(stalls[0]).toBeGreaterThanOrEqual(timeoutMs);
			expect(stalls[0]).toBeLessThanOrEqual(timeoutMs * 1.6);
			heartbeat.delete(slow);
			expect(vi.getTimerCount()).toBe(0);
		}
	});

	it("whichever connections are removed, in any order, once or twice, the others get their heartbeats", () => {
		const { heartbeat, elapse } = start(16_000);
		const connections = Array.from({ length: 200 }, () => new Idle());
		for (const connection of connections) heartbeat.add(connection);
		const removed = connections.filter((_, index) => index % 3 !== 1).reverse();
		for (const connection of [...removed, ...removed]) heartbeat.delete(connection);
		elapse(20_000);
		for (const connection of connections) {
			expect(connection.beats).toHaveLength(removed.includes(connection) ? 0 : 1);
		}
		for (const connection of connections) heartbeat.delete(connection);
		expect(vi.getTimerCount()).toBe(0);
	});
});

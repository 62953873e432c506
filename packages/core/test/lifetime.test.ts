/**
 * Lifetimes: a stream ends before its token does, and when it has reached the service's age.
 */
import { openSocket, openStream, passUntil, type TestServer } from "@sse-service/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ConnectParams, createSSEService, type SSEService } from "../src/index.js";
import { Lifetimes } from "../src/pacing/lifetimes.js";
import { type Serving, startService } from "./serving.js";

describe("on the wire", () => {
	let server: TestServer;
	let sse: SSEService;
	const ends: string[] = [];

	beforeEach(() => {
		ends.length = 0;
	});

	afterEach(async () => {
		vi.useRealTimers();
		await sse.close();
		await server.close();
	});

	async function serve(...params: Parameters<typeof startService>): Promise<Serving["open"]> {
		const serving = await startService(...params);
		({ sse, server } = serving);
		return serving.open;
	}

	/** Time passes only by `untilEnds`: a busy machine may take seconds to open a stream. */
	function setTheClock(): void {
		vi.useFakeTimers({ toFake: ["Date", "performance", "setTimeout", "clearTimeout"] });
	}

	const untilEnds = (count: number): Promise<void> =>
		passUntil(
			() => ends.length >= count,
			() => vi.advanceTimersByTime(10),
			"the end of the streams",
		);

	const onDisconnectCb: ConnectParams["onDisconnectCb"] = ({ reason }) => ends.push(reason);

	it("a stream ends before it expires, given a Date or milliseconds, with what was sent first", async () => {
		setTheClock();
		const open = await serve();
		const time = Date.now() + 2_000;
		const streams = [
			(await open({ expiresAt: new Date(time), onDisconnectCb })).stream,
			(await open({ expiresAt: time, onDisconnectCb })).stream,
		];
		sse.send("all", "before");
		await untilEnds(2);
		expect(Date.now()).toBeLessThan(time);
		expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual([true, true]);
		for (const { events } of streams) expect(events).toEqual([{ data: "before" }]);
		expect(ends).toEqual(["expired", "expired"]);
		expect(sse.stats().closes).toEqual({ expired: 2 });
	});

	it("a stream ends at 80 to 100 % of maxConnectionAgeMs, with reason age", async () => {
		const open = await serve({ maxConnectionAgeMs: 200 });
		const opened = performance.now();
		const { stream } = await open({ onDisconnectCb });
		expect(await stream.ended).toBe(true);
		expect(performance.now() - opened).toBeGreaterThanOrEqual(155);
		expect(ends).toEqual(["age"]);
	});

	it("a stream that reaches its age closes its socket, so that the client reconnects on another one", async () => {
		await serve({ maxConnectionAgeMs: 50 });
		const client = await openSocket(server.port, ["GET / HTTP/1.1", "Host: x"]);
		await client.closed;
		expect(client.text).toMatch(/: open\n\r\n0\r\n\r\n$/);
	});

	it("the earlier of the two ends it", async () => {
		setTheClock();
		const open = await serve({ maxConnectionAgeMs: 1_000 });
		const { stream: expiring } = await open({ expiresAt: Date.now() + 500, onDisconnectCb });
		const { stream: ageing } = await open({ expiresAt: Date.now() + 60_000, onDisconnectCb });
		await untilEnds(2);
		await Promise.all([expiring.ended, ageing.ended]);
		expect(ends).toEqual(["expired", "age"]);
	});

	it("what has expired is refused with status 401, and opens nothing", async () => {
		await serve({}, () => ({ expiresAt: Date.now() - 1 }));
		const stream = await openStream(server.url);
		await stream.ended;
		expect([stream.status, stream.text]).toEqual([401, "ERR_SSE_EXPIRED"]);
		expect(sse.stats().connectionsOpened).toBe(0);
	});

	it.each([
		["seconds", () => Math.floor(Date.now() / 1_000) + 60],
		["a Date made of seconds", () => new Date(Date.now() / 1_000 + 60)],
		["microseconds", () => Date.now() * 1_000],
		["an invalid Date", () => new Date(Number.NaN)],
		["no number", () => Number.NaN],
		["Infinity", () => Infinity],
		["a text", () => "2030-01-01"],
		["null", () => null],
	])("%s are refused, before anything is sent", async (_name, expiresAt) => {
		await serve({}, () => ({ expiresAt: expiresAt() }) as Partial<ConnectParams>);
		const stream = await openStream(server.url);
		await stream.ended;
		// NaN can come from a request: from a token without a time.
		const status = typeof expiresAt() !== "string" && Number.isNaN(Number(expiresAt())) ? 400 : 500;
		expect([stream.status, stream.text]).toEqual([status, "ERR_SSE_INVALID_EXPIRES_AT"]);
	});

	it("a connection has one timer, which does not keep the process alive, and which its end clears", async () => {
		const timers = vi.spyOn(globalThis, "setTimeout");
		const open = await serve({ maxConnectionAgeMs: 1_000_000 });
		const { connection, stream } = await open({ expiresAt: Date.now() + 900_000 });
		const ours = timers.mock.results
			.map(({ value }) => value as NodeJS.Timeout & { _idleTimeout: number; _destroyed: boolean })
			.filter(({ _idleTimeout }) => _idleTimeout > 700_000);
		timers.mockRestore();
		expect(ours).toHaveLength(1);
		expect(ours[0]?.hasRef()).toBe(false);
		connection.close();
		await stream.ended;
		expect(ours[0]?._destroyed).toBe(true);
	});
});

describe("in time", () => {
	class Connection {
		reason: string | undefined;
		at = 0;
		close(reason: string): void {
			this.reason = reason;
			this.at = Date.now();
		}
	}

	const DAY = 86_400_000;
	let now: number;

	beforeEach(() => {
		vi.useFakeTimers();
		now = Date.now();
	});

	afterEach(() => {
		vi.useRealTimers();
	});

	function add(expiresAt?: number, maxAgeMs = 0): [Connection, Lifetimes<Connection>] {
		const lifetimes = new Lifetimes<Connection>(maxAgeMs);
		const connection = new Connection();
		lifetimes.add(connection, expiresAt);
		return [connection, lifetimes];
	}

	it.each([
		[3_600_000, 1_000],
		[10_000, 1_000],
		[5_000, 500],
		[10, 1],
	])("one that expires in %i ms ends %i ms before", (inMs, before) => {
		const [connection] = add(now + inMs);
		vi.advanceTimersByTime(inMs);
		expect(connection).toMatchObject({ reason: "expired", at: now + inMs - before });
	});

	it("a time beyond the range of a timer is waited for", () => {
		const [connection] = add(now + 60 * DAY);
		vi.advanceTimersByTime(60 * DAY - 1_001);
		expect(connection.reason).toBeUndefined();
		vi.advanceTimersByTime(1);
		expect(connection.reason).toBe("expired");
		expect(vi.getTimerCount()).toBe(0);
	});

	it("a clock that is set back does not end it early", () => {
		const [connection] = add(now + 10_000);
		vi.setSystemTime(now - 5_000);
		vi.advanceTimersByTime(9_000);
		expect(connection.reason).toBeUndefined();
		vi.advanceTimersByTime(5_000);
		expect(connection).toMatchObject({ reason: "expired", at: now + 9_000 });
	});

	it("a clock that is set back makes it no younger", () => {
		const [connection] = add(undefined, 10_000);
		vi.setSystemTime(now - 3_600_000);
		vi.advanceTimersByTime(10_000);
		expect(connection.reason).toBe("age");
	});

	it("one with neither has no timer", () => {
		add();
		expect(vi.getTimerCount()).toBe(0);
	});

	it("one that has ended for another reason has no timer left", () => {
		const [connection, lifetimes] = add(now + 60 * DAY, 30 * DAY);
		expect(vi.getTimerCount()).toBe(1);
		lifetimes.delete(connection);
		expect(vi.getTimerCount()).toBe(0);
	});

	it("a thousand that opened together end spread over a fifth of their age", () => {
		const lifetimes = new Lifetimes<Connection>(100_000);
		const connections = Array.from({ length: 1_000 }, () => new Connection());
		for (const connection of connections) lifetimes.add(connection);
		vi.advanceTimersByTime(100_000);
		const perSecond = new Map<number, number>();
		for (const { at, reason } of connections) {
			expect(reason).toBe("age");
			expect(at - now).toBeGreaterThanOrEqual(80_000);
			const second = Math.floor((at - now) / 1_000);
			perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
		}
		// 50 on average: twice that is seven standard deviations away.
		expect(perSecond.size).toBeGreaterThanOrEqual(20);
		expect(Math.max(...perSecond.values())).toBeLessThan(100);
	});
});

it("an age must be within the range of a timer", () => {
	for (const maxConnectionAgeMs of [-1, 0.5, Infinity, 2 ** 31]) {
		expect(() => createSSEService({ maxConnectionAgeMs })).toThrowError(
			expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
		);
	}
});

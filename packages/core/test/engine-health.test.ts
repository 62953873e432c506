/**
 * What a process knows of its engine: whether the engine delivers, how far the process is behind, what time it is there, and what
 * will never arrive.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { eventually, passUntil } from "@sse-service/testing";
import { expect, it, onTestFinished, vi } from "vitest";
import { createEngineEventLog, SSEError } from "../src/engine.js";
import { MemoryEngine } from "./memory-engine.js";
import { dataOf, lastIdOf } from "./received.js";
import { startService } from "./serving.js";
import { startOn } from "./start-on.js";

/** Services see more time pass where a test says so. */
function setTheClock(): void {
	vi.useFakeTimers({
		toFake: ["Date", "performance", "setTimeout", "clearTimeout"],
		shouldAdvanceTime: true,
	});
	onTestFinished(() => void vi.useRealTimers());
}

// Opening the log and reading it proved the engine available: each of a hundred attempts in eight seconds was reported, since the
// proof between two of them had ended the outage.
it("is not ready while the engine can be read but not followed, and reports that once", async () => {
	setTheClock();
	const engine = new MemoryEngine();
	engine.isUnfollowable = true;
	const errors: unknown[] = [];
	const onError = (error: unknown): void => void errors.push(error);
	const { sse } = await startOn(engine, { onError });
	let wasReady = false;
	await passUntil(
		() => {
			wasReady ||= sse.health().ready;
			return engine.follows >= 5;
		},
		() => vi.advanceTimersByTime(10),
		"five attempts",
	);
	expect(wasReady).toBe(false);
	expect(sse.health().log?.error).toBe("The engine failed: it may not be followed");
	expect(errors).toMatchObject([{ code: "ERR_SSE_LOG_FAILED" }]);
	engine.isUnfollowable = false;
	await eventually(() => sse.health().ready, "readiness");
	// The next outage is another one.
	engine.isUnfollowable = true;
	engine.cut();
	await eventually(() => errors.length >= 2, "the second report");
});

it("pauses longer after each attempt to follow the log, even if the engine answers everything else", async () => {
	vi.useFakeTimers({
		toFake: ["Date", "performance", "setTimeout", "clearTimeout"],
		shouldAdvanceTime: true,
	});
	vi.spyOn(Math, "random").mockReturnValue(0.5);
	onTestFinished(() => {
		vi.restoreAllMocks();
		vi.useRealTimers();
	});
	const engine = new MemoryEngine();
	engine.isUnfollowable = true;
	await startOn(engine);
	const begun = Date.now();
	const attempts: number[] = [];
	while (Date.now() - begun < 30_000) {
		vi.advanceTimersByTime(20);
		for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
		if (engine.follows > attempts.length) attempts.push(Date.now() - begun);
	}
	// 70, 120, 220, 420, 820, 1,620, then 2,520 ms each.
	expect(attempts.length).toBeGreaterThan(6);
	expect(attempts.length).toBeLessThan(22);
});

// What was followed again counted as proof, whatever was still to come.
it("is not ready, and reports how far it is behind, until what it missed in an outage has arrived", async () => {
	const engine = new MemoryEngine();
	const { sse } = await startOn(engine);
	const other = await startOn(engine);
	await eventually(() => sse.health().ready, "readiness");
	engine.isMute = true;
	for (let count = 0; count < 5; count++) await other.sse.publish("all", `${count}`);
	engine.cut();
	// What services post to each other in the meantime counts, too.
	await eventually(() => (sse.health().log?.behind ?? 0) >= 5, "the log to be followed again");
	expect(sse.health()).toMatchObject({
		ready: false,
		log: { error: expect.stringMatching(/^\d+ events behind The engine$/) },
	});
	engine.goOn();
	await eventually(() => sse.health().ready, "readiness");
	expect(sse.health().log).toEqual({
		ready: true,
		behind: 0,
		engine: "The engine",
		error: undefined,
	});
});

// Cause: each attempt was given up after four seconds, and began with the same event again, for ever.
it("receives an event that takes longer than most, and notices a silent connection as soon as ever after it", async () => {
	vi.useFakeTimers({ toFake: ["Date", "performance", "setTimeout", "clearTimeout"] });
	onTestFinished(() => void vi.useRealTimers());
	const engine = new MemoryEngine();
	const driver = engine.driver();
	let eventMs = 20_000;
	const eventLog = createEngineEventLog({
		...driver,
		follow: (after, take, signal) =>
			driver.follow(
				after,
				(stored) => {
					if (stored.length === 0) take([]);
					else setTimeout(() => take(stored), eventMs);
				},
				signal,
			),
	});
	const { sse } = await startService({ heartbeatIntervalMs: 0, eventLog });
	const step = (): unknown => vi.advanceTimersByTime(20);
	await passUntil(() => eventLog.position !== undefined, step);
	await driver.append([{ text: "{}", tag: "a" }]);
	const { sequence } = engine.newest;
	await passUntil(() => (eventLog.position?.sequence ?? 0) >= sequence, step, "the event");
	eventMs = 0;
	await passUntil(() => sse.health().ready, step, "readiness");
	engine.isMute = true;
	await driver.append([{ text: "{}", tag: "b" }]);
	const { follows } = engine;
	const since = Date.now();
	await passUntil(() => engine.follows > follows, step, "another attempt");
	// Looks are up to 2.5 seconds apart, and the pause before the attempt is short.
	expect(Date.now() - since).toBeLessThan(10_000);
	engine.goOn();
});

// Cause: durations were differences of a clock that may be set back, and then ended that much later.
it("is unready, and gives an append up, as soon as ever although the clock of its machine was set back", async () => {
	setTheClock();
	const engine = new MemoryEngine();
	const { sse } = await startOn(engine, { publishTimeoutMs: 1_000 });
	await eventually(() => sse.health().ready, "readiness");
	engine.isHung = true;
	let code: unknown;
	sse.publish("all", "1").catch((error) => {
		code = error.code;
	});
	vi.setSystemTime(Date.now() - 3_600_000);
	const since = performance.now();
	const pass = (): unknown => vi.advanceTimersByTime(100);
	await passUntil(() => code !== undefined && !sse.health().ready, pass);
	expect(code).toBe("ERR_SSE_TIMEOUT");
	expect(performance.now() - since).toBeLessThan(20_000);
	engine.goOn();
});

// Cause: the next look came after it.
it("stays ready although the engine never answers that it has tidied up", async () => {
	setTheClock();
	const engine = new MemoryEngine();
	let tidies = 0;
	const tidy = (): Promise<void> => {
		tidies++;
		return new Promise(() => {});
	};
	const eventLog = createEngineEventLog({ ...engine.driver(), tidy });
	const { sse } = await startService({ eventLog });
	await passUntil(
		() => tidies === 3,
		() => vi.advanceTimersByTime(100),
	);
	expect(sse.health().ready).toBe(true);
});

// An engine that answers with an error was said not to answer.
it("reports the engine's answer if it is not a position", async () => {
	setTheClock();
	const engine = new MemoryEngine();
	const { sse } = await startOn(engine);
	await eventually(() => sse.health().ready, "readiness");
	engine.isAway = true;
	for (const deadline = Date.now() + 60_000; sse.health().ready; ) {
		if (Date.now() > deadline) throw new Error("it is still ready after a minute");
		vi.advanceTimersByTime(100);
		await new Promise((resolve) => setImmediate(resolve));
	}
	expect(sse.health().log?.error).toBe("The engine failed: it is away");
});

it("rejects an event that can never be stored as invalid, and stays ready", async () => {
	setTheClock();
	const engine = new MemoryEngine();
	const { sse } = await startOn(engine);
	await eventually(() => sse.health().ready, "readiness");
	const stored: string[] = [];
	engine.refuse = ({ text }) => {
		stored.push(text);
		return text.includes("large") ? new SSEError("ERR_SSE_INVALID_DATA", "too large") : undefined;
	};
	const begun = Date.now();
	while (Date.now() - begun < 15_000) {
		const published = sse.publish("all", "large");
		await expect(published).rejects.toMatchObject({
			code: "ERR_SSE_INVALID_DATA",
			statusCode: undefined,
		});
		vi.advanceTimersByTime(500);
	}
	expect(sse.health().ready).toBe(true);
	// Nothing else was appended to see whether the engine stores anything.
	expect(stored.every((text) => text.includes("large"))).toBe(true);
});

// An event was dated by the engine's clock, and expired by that of the process.
it.each([
	["ahead of", -600_000],
	["behind", 600_000],
])("keeps an event for its ttlMs when the process's clock is %s the engine's", async (_, skew) => {
	setTheClock();
	const engine = new MemoryEngine();
	engine.clock = () => Date.now() + skew;
	const options = { history: { groups: { state: { latest: true } } } };
	const { sse, open } = await startOn(engine, options);
	await eventually(() => sse.health().ready, "readiness");
	const groups = ["default", "state"];
	const { stream } = await open({ groups });
	await stream.until(() => stream.text.includes("id: v1."));
	stream.abort();
	const id = lastIdOf(stream);
	await sse.publish("all", "a minute", { ttlMs: 60_000 });
	await sse.publish({ group: "state" }, "state", { key: "k", ttlMs: 60_000 });
	await sse.publish("all", "a moment", { ttlMs: 1 });
	await sse.publish("all", "last");
	await eventually(() => sse.stats().history?.events === 4, "all to arrive");
	// The engine's clock continues, and the process sees that by its answers.
	engine.clock = () => Date.now() + skew + 1_000;
	engine.looks = 0;
	await passUntil(
		() => engine.looks >= 2,
		() => vi.advanceTimersByTime(100),
	);
	const { stream: again } = await open({ groups }, id);
	expect(dataOf(await again.take(3))).toEqual(["a minute", "state", "last"]);
	const { stream: newcomer } = await open({ groups });
	expect(dataOf(await newcomer.take(1))).toEqual(["state"]);
});

// An engine may show its clock only some time after its first events: until then the process's own clock counted, and an
// event with minutes to live was not replayed.
it("keeps an event for its ttlMs before the engine has reported its clock", async () => {
	const engine = new MemoryEngine();
	engine.showsClock = false;
	engine.clock = () => Date.now() - 600_000;
	const { sse, open } = await startOn(engine);
	await eventually(() => sse.health().ready, "readiness");
	const { stream } = await open();
	await stream.until(() => stream.text.includes("id: v1."));
	stream.abort();
	await sse.publish("all", "a minute", { ttlMs: 60_000 });
	await sse.publish("all", "last");
	await eventually(() => sse.stats().history?.events === 2, "both to arrive");
	const { stream: again } = await open({}, lastIdOf(stream));
	expect(dataOf(await again.take(2))).toEqual(["a minute", "last"]);
});

// What was acknowledged and then lost waited to arrive, for as long as the process lived.
it("drops events that were acknowledged and then lost", async () => {
	setFlagsFromString("--expose-gc");
	const collect: () => void = runInNewContext("gc");
	setTheClock();
	const engine = new MemoryEngine();
	const { sse } = await startOn(engine);
	const log = createEngineEventLog(engine.driver());
	await log.open({
		history: true,
		appendTimeoutMs: 0,
		deliver: () => {},
		onBreak: () => {},
		obey: () => {},
		onError: () => {},
	});
	onTestFinished(() => log.close());
	await sse.publish("all", "1");
	await eventually(() => log.position?.sequence === 1, "the first event");
	engine.isMute = true;
	const lost: WeakRef<() => void>[] = [];
	const append = async (data: string): Promise<void> => {
		const deliver = (): never => expect.unreachable(`${data} is delivered`);
		lost.push(new WeakRef(deliver));
		await log.append({ target: {}, fields: { data } }, deliver);
	};
	await append("lost");
	await append("lost, too");
	// One is in a place that another event gets, one in a log that is recreated.
	engine.forget(2);
	engine.goOn();
	await sse.publish("all", "2");
	await sse.publish("all", "3");
	engine.isMute = true;
	await append("lost with the log");
	engine.lose();
	engine.goOn();
	await sse.publish("all", "4");
	const isForgotten = (): boolean => {
		collect();
		return lost.every((ref) => ref.deref() === undefined);
	};
	// Not often: to collect takes as long as other tests in this process have left objects.
	await passUntil(isForgotten, () => vi.advanceTimersByTime(1_000));
});

it("is served by a service that connects while the engine cannot be followed", async () => {
	const engine = new MemoryEngine();
	engine.isUnfollowable = true;
	const eventLog = createEngineEventLog(engine.driver());
	const { sse, open } = await startService({ heartbeatIntervalMs: 0, eventLog });
	const { stream } = await open();
	engine.isUnfollowable = false;
	await eventually(() => sse.health().ready, "readiness");
	await sse.publish("all", "1");
	expect(dataOf(await stream.take(1))).toEqual(["1"]);
});

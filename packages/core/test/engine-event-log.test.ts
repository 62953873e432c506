/**
 * Services that share a log on an engine, as several processes do: one order for all, and a client may reconnect to another.
 */
import { eventually, measureIdle, passUntil, settled, type TestStream } from "@sse-service/testing";
import { expect, it, onTestFinished, vi } from "vitest";
import { createEngineEventLog } from "../src/engine.js";
import { createMemoryEventLog } from "../src/event-log/memory-event-log.js";
import type { SSEServiceOptions } from "../src/index.js";
import { MemoryEngine } from "./memory-engine.js";
import { dataOf, lastIdOf } from "./received.js";
import { type Serving, startService } from "./serving.js";
import { startOn } from "./start-on.js";

/** Two services on one log. */
async function startTwo(
	options: SSEServiceOptions = {},
): Promise<{ readonly engine: MemoryEngine; readonly one: Serving; readonly other: Serving }> {
	const engine = new MemoryEngine();
	return { engine, one: await startOn(engine, options), other: await startOn(engine, options) };
}

it("delivers events of either service to the clients of both, in one order", async () => {
	const { one, other } = await startTwo();
	const streams = [(await one.open()).stream, (await other.open()).stream];
	for (let count = 0; count < 50; count++) {
		one.sse.send("all", `one ${count}`);
		other.sse.send("all", `other ${count}`);
	}
	const [ofOne = [], ofOther = []] = await Promise.all(streams.map((each) => each.take(100)));
	expect(ofOne).toEqual(ofOther);
	const ofEach = (from: string): string[] => dataOf(ofOne).filter((data) => data.startsWith(from));
	expect(ofEach("one")).toEqual(Array.from({ length: 50 }, (_, count) => `one ${count}`));
	expect(ofEach("other")).toEqual(Array.from({ length: 50 }, (_, count) => `other ${count}`));
});

// It was appended before the service had begun to follow the log, which then began behind it.
it("delivers events published before the log is open to connected clients", async () => {
	const engine = new MemoryEngine();
	engine.isHung = true;
	const eventLog = createEngineEventLog(engine.driver());
	const { sse, open } = await startService({ heartbeatIntervalMs: 0, eventLog });
	const { stream } = await open();
	const published = [sse.publish("all", "1"), sse.publish("all", "2")];
	engine.goOn();
	await Promise.all(published);
	expect(dataOf(await stream.take(2))).toEqual(["1", "2"]);
});

it("rejects publish with the reason if the log cannot be opened", async () => {
	const engine = new MemoryEngine();
	engine.isAway = true;
	const eventLog = createEngineEventLog(engine.driver());
	const { sse } = await startService({ eventLog });
	await expect(sse.publish("all", "1")).rejects.toMatchObject({
		code: "ERR_SSE_LOG_FAILED",
		cause: { message: "it is away" },
	});
	engine.goOn();
	await eventually(() => sse.health().ready);
	await sse.publish("all", "2");
	expect(engine.newest).toMatchObject({ sequence: 1 });
});

it("refuses for good an event that can never be sent to an engine", async () => {
	const { one } = await startTwo();
	await expect(one.sse.publish("all", "x".repeat(17_000_000))).rejects.toMatchObject({
		code: "ERR_SSE_INVALID_DATA",
	});
	await one.sse.publish("all", "1");
});

// An event larger than the limit pushed everybody's events out of the memory of each process.
it("keeps its events when one is larger than everything a process keeps", async () => {
	const { engine, one, other } = await startTwo({ history: { maxBytes: 20_000 } });
	const [quiet, busy] = [
		await one.open({ clientId: "ada", groups: ["quiet"] }),
		await one.open({ clientId: "bob", groups: ["busy"] }),
	];
	await one.sse.publish("all", "1");
	const streams = [quiet.stream, busy.stream];
	for (const stream of streams) {
		await stream.take(1);
		stream.abort();
	}
	await one.sse.publish({ group: "quiet" }, "2");
	await one.sse.publish({ group: "busy" }, "x".repeat(40_000));
	await eventually(() => other.sse.stats().history?.events === 2);
	const before = engine.reads;
	const { stream } = await other.open(
		{ clientId: "ada", groups: ["quiet"] },
		lastIdOf(quiet.stream),
	);
	expect(dataOf(await stream.take(1))).toEqual(["2"]);
	expect(engine.reads).toBe(before);
	// The engine still has it.
	const again = await other.open({ clientId: "bob", groups: ["busy"] }, lastIdOf(busy.stream));
	expect(dataOf(await again.stream.take(1))).toEqual(["x".repeat(40_000)]);
});

it("gives a client that reconnects to another service what it missed, without asking the engine", async () => {
	const { engine, one, other } = await startTwo();
	const { stream } = await one.open({ clientId: "ada" });
	await one.sse.publish("all", "1");
	await stream.take(1);
	stream.abort();
	await one.sse.publish({ client: "ada" }, "2");
	await one.sse.publish({ client: "bob" }, "not ada's");
	await one.sse.publish({ group: "default" }, "3");
	const before = engine.reads;
	const { stream: again } = await other.open({ clientId: "ada" }, lastIdOf(stream));
	expect(dataOf(await again.take(2))).toEqual(["2", "3"]);
	expect(engine.reads).toBe(before);
});

it("lets a client that is ahead of a service wait, and sends it nothing twice", async () => {
	const { engine, one } = await startTwo();
	const { stream } = await one.open();
	await one.sse.publish("all", "1");
	await stream.take(1);
	const late = await startOn(engine);
	engine.isMute = true;
	const { id } = await one.sse.publish("all", "2");
	const { stream: again } = await late.open({}, id);
	engine.goOn();
	await one.sse.publish("all", "3");
	expect(dataOf(await again.take(1))).toEqual(["3"]);
	expect(again.text).not.toContain("event: gap");
});

it("sends a client a gap when its id is ahead of all that the log has", async () => {
	const { engine, one } = await startTwo();
	await one.sse.publish("all", "kept");
	await one.sse.publish("all", "lost");
	const { id } = await one.sse.publish("all", "lost, too");
	engine.forgetFrom("lost");
	const late = await startOn(engine);
	const { stream } = await late.open({}, id);
	expect(await stream.take(1)).toMatchObject([{ event: "gap", data: '{"reason":"diverged"}' }]);
});

it("sends a client that was ahead what follows, even if the service no longer keeps its position", async () => {
	const { engine, one } = await startTwo();
	const short = await startOn(engine, { history: { maxEvents: 2 } });
	engine.isMute = true;
	const { id } = await one.sse.publish("all", "0");
	const { stream } = await short.open({}, id);
	const more = Array.from({ length: 10 }, (_, at) => `${at + 1}`);
	for (const data of more) await one.sse.publish("all", data);
	// In one turn.
	engine.goOn();
	expect(dataOf(await stream.take(10))).toEqual(more);
});

it("reads from the engine what a service does not have in memory, in pages, and proves that nothing is missing", async () => {
	const engine = new MemoryEngine();
	const one = await startOn(engine);
	const { id } = await one.sse.publish("all", "0");
	await Promise.all(Array.from({ length: 600 }, (_, at) => one.sse.publish("all", `${at + 1}`)));
	const short = await startOn(engine, { history: { maxEvents: 10 } });
	const { stream } = await short.open({}, id);
	expect(dataOf(await stream.take(600))).toEqual(
		Array.from({ length: 600 }, (_, at) => `${at + 1}`),
	);
	engine.trim(300);
	const { stream: late } = await short.open({}, id);
	expect(await late.take(1)).toMatchObject([{ event: "gap", data: '{"reason":"expired"}' }]);
});

// One request with an old id had all events since then read, parsed and encoded: 800 ms of CPU for an answer of 281 bytes.
it("skips events for others without asking the engine, and reads where an event may be for the client", async () => {
	const { engine, one } = await startTwo();
	const short = await startOn(engine, { history: { maxEvents: 2 } });
	const { stream } = await one.open({ clientId: "ada", groups: ["quiet"] });
	await stream.until(() => stream.text.includes("id: v1."));
	stream.abort();
	const others = async (): Promise<void> => {
		const sent = Array.from({ length: 1_000 }, (_, at) =>
			one.sse.publish({ group: "busy" }, `${at}`),
		);
		await Promise.all(sent);
	};
	await others();
	const back = async (): Promise<TestStream> => {
		const params = { clientId: "ada", groups: ["quiet"] };
		const { stream: again } = await short.open(params, lastIdOf(stream));
		return again;
	};
	/** @returns the newest position, as ids state it */
	const arrived = async (marker: string): Promise<string> => {
		const { stream: newest } = await short.open();
		await one.sse.publish({ group: "default" }, marker);
		await newest.until(() => dataOf(newest.events).includes(marker));
		newest.abort();
		return `.${engine.newest.sequence.toString(36)}.`;
	};
	const early = await arrived("early");
	const before = engine.reads;
	const first = await back();
	await first.until(() => first.text.includes(early));
	expect(engine.reads).toBe(before);
	await one.sse.publish({ client: "ada", group: "quiet" }, "hers");
	await others();
	const late = await arrived("late");
	const second = await back();
	await second.until(() => second.text.includes(late));
	expect(dataOf(second.events)).toEqual(["hers"]);
	expect(engine.reads).toBe(before + 1);
});

// Each request with an old id had everything since read and looked at again, all of it for others.
it("reads events for others from the engine once, however many clients reconnect", async () => {
	const engine = new MemoryEngine();
	const one = await startOn(engine);
	const { stream } = await one.open({ clientId: "ada", groups: ["quiet"] });
	await stream.until(() => stream.text.includes("id: v1."));
	stream.abort();
	const sent = Array.from({ length: 1_000 }, (_, at) =>
		one.sse.publish({ group: at === 500 ? "quiet" : "busy" }, `${at}`),
	);
	await Promise.all(sent);
	// It has started since, so it knows nothing of most of these.
	const late = await startOn(engine, { history: { maxEvents: 2 } });
	const back = async (): Promise<number> => {
		const before = engine.reads;
		const { stream: again } = await late.open(
			{ clientId: "ada", groups: ["quiet"] },
			lastIdOf(stream),
		);
		const newest = `.${engine.newest.sequence.toString(36)}.`;
		await again.until(() => again.text.includes(newest));
		expect(dataOf(again.events)).toEqual(["500"]);
		again.abort();
		return engine.reads - before;
	};
	expect(await back()).toBeGreaterThan(3);
	expect([await back(), await back()]).toEqual([1, 1]);
});

it("sends a gap to a client that would need more than maxCatchUpEvents from the engine", async () => {
	const engine = new MemoryEngine();
	const one = await startOn(engine);
	const { stream } = await one.open({ clientId: "ada", groups: ["quiet"] });
	await stream.until(() => stream.text.includes("id: v1."));
	stream.abort();
	for (let at = 0; at < 5; at++) {
		await Promise.all(Array.from({ length: 300 }, () => one.sse.publish({ group: "busy" }, "x")));
	}
	const history = { maxEvents: 2 };
	const back = async (maxCatchUpEvents: number, groups: string[]): Promise<string[]> => {
		const late = await startOn(engine, { history, maxCatchUpEvents });
		const { stream: again } = await late.open({ clientId: "ada", groups }, lastIdOf(stream));
		const newest = `.${engine.newest.sequence.toString(36)}.`;
		await again.until(() => again.text.includes(newest));
		return dataOf(again.events.filter(({ event }) => event === "gap"));
	};
	expect(await back(1_000, ["quiet"])).toEqual(['{"reason":"expired"}']);
	expect(await back(1_000, ["busy"])).toEqual(['{"reason":"expired"}']);
	expect(await back(1_500, ["quiet"])).toEqual([]);
});

// Other events get the sequences of the lost ones.
it("forgets what it has read for others when the engine loses its newest events", async () => {
	const engine = new MemoryEngine();
	const one = await startOn(engine, { history: { maxEvents: 2 } });
	const { stream } = await one.open({ clientId: "ada", groups: ["quiet"] });
	await stream.until(() => stream.text.includes("id: v1."));
	stream.abort();
	const publish = (group: string): Promise<unknown> => one.sse.publish({ group }, group);
	for (let at = 0; at < 20; at++) await publish("busy");
	const late = await startOn(engine, { history: { maxEvents: 2 } });
	const back = async (): Promise<string[]> => {
		const params = { clientId: "ada", groups: ["quiet"] };
		const { stream: again } = await late.open(params, lastIdOf(stream));
		const newest = `.${engine.newest.sequence.toString(36)}.`;
		await again.until(() => again.text.includes(newest));
		return dataOf(again.events);
	};
	expect(await back()).toEqual([]);
	const { sequence } = engine.newest;
	engine.forget(10);
	for (let at = 0; at < 5; at++) await publish("quiet");
	for (let at = 0; at < 10; at++) await publish("busy");
	await eventually(() => (late.sse.health().log?.behind ?? 1) === 0 && late.sse.health().ready);
	expect(engine.newest.sequence).toBeGreaterThan(sequence);
	expect(await back()).toEqual(["quiet", "quiet", "quiet", "quiet", "quiet"]);
});

it("reads few pages at a time from the engine, however many reconnect", async () => {
	const engine = new MemoryEngine();
	const one = await startOn(engine);
	const sent = Array.from({ length: 40 }, (_, at) => one.sse.publish("all", `${at}`));
	const ids = (await Promise.all(sent)).map(({ id }) => id);
	const short = await startOn(engine, { history: { maxEvents: 1 } });
	engine.isHung = true;
	const opened = await Promise.all(ids.slice(0, 30).map((id) => short.open({}, id)));
	await eventually(() => engine.readsAtATime === 8);
	engine.goOn();
	for (const [at, { stream }] of opened.entries()) {
		expect(dataOf(await stream.take(39 - at))[0]).toBe(`${at + 1}`);
	}
	expect(engine.readsAtATime).toBe(8);
});

it("sends everyone a gap when the log was lost, and continues with what was sent since", async () => {
	const { engine, one, other } = await startTwo();
	const { stream } = await one.open();
	await one.sse.publish("all", "1");
	await stream.take(1);
	engine.lose();
	await other.sse.publish("all", "2");
	const events = await stream.take(3);
	expect(events.slice(1)).toMatchObject([
		{ event: "gap", data: '{"reason":"epoch"}' },
		{ data: "2" },
	]);
});

// The service has not found yet that the log has been recreated, and then tells everyone of that.
it("sends one gap to a client that connects just after a log was lost, however old its id is", async () => {
	const engine = new MemoryEngine();
	const { sse, open } = await startOn(engine, { history: { maxEvents: 2 } });
	const { stream: other } = await open();
	const { id } = await sse.publish("all", "1");
	for (const data of ["2", "3", "4"]) await sse.publish("all", data);
	await other.take(4);
	engine.lose();
	const { stream } = await open({}, id);
	await stream.take(1);
	await other.take(5);
	await sse.publish("all", "5");
	expect(dataOf(await stream.take(2))).toEqual(['{"reason":"epoch"}', "5"]);
});

it("sends no gap to a client that comes from a service that had already noticed the loss", async () => {
	const { engine, one, other } = await startTwo();
	for (const data of ["1", "2", "3", "4"]) await one.sse.publish("all", data);
	engine.lose();
	const third = await startOn(engine);
	const ids: string[] = [];
	for (const data of ["a", "b", "c"]) ids.push((await third.sse.publish("all", data)).id);
	const opened = await Promise.all([one.open({}, ids[1]), other.open({}, ids[0])]);
	await third.sse.publish("all", "d");
	const [ofOne, ofOther] = await Promise.all(
		opened.map(async ({ stream }) => {
			await stream.until(() => stream.text.includes("data: d"));
			return dataOf(stream.events);
		}),
	);
	expect(ofOne).toEqual(["c", "d"]);
	expect(ofOther).toEqual(["b", "c", "d"]);
});

it("sends one gap to a slow client whose log is lost during its replay", async () => {
	const engine = new MemoryEngine();
	const { sse, open } = await startOn(engine);
	const { id } = await sse.publish("all", "0");
	const missed = Array.from({ length: 600 }, (_, at) => `${at + 1} ${"x".repeat(20_000)}`);
	await Promise.all(missed.map((data) => sse.publish("all", data)));
	const { stream: slow } = await open({}, id);
	slow.pause();
	const { stream } = await open();
	engine.lose();
	engine.cut();
	await stream.take(1);
	slow.resume();
	await sse.publish("all", "last");
	await slow.until(() => slow.events.at(-1)?.data === "last");
	const gaps = slow.events.filter(({ event }) => event === "gap");
	expect(slow.events.length).toBeLessThan(missed.length);
	expect(gaps).toMatchObject([{ data: '{"reason":"epoch"}' }]);
});

// The replay under way stood for the break as well, and did not read the group.
it.each(["state", "plain"])(
	"gives a client that joined the group %s during its replay what is in it, even if the log broke in the meantime",
	async (group) => {
		const engine = new MemoryEngine();
		const { sse, open } = await startOn(engine, {
			history: { groups: { state: { latest: true } } },
		});
		const { id } = await sse.publish("all", "0");
		const missed = Array.from({ length: 600 }, (_, at) => `${at + 1} ${"x".repeat(20_000)}`);
		await Promise.all(missed.map((data) => sse.publish("all", data)));
		const { stream: slow } = await open({ clientId: "ada" }, id);
		slow.pause();
		const { stream } = await open();
		sse.join({ client: "ada" }, group);
		engine.forget(1);
		const elsewhere = (data: string, more: object = {}): string =>
			JSON.stringify({ w: "elsewhere", ...more, d: data });
		await engine.driver().append([
			{ text: elsewhere("in place of what is lost"), tag: "abc" },
			{
				text: elsewhere("in the group", { g: group }),
				tag: "abd",
				latest: group === "state" ? { group, key: "", max: 10 } : undefined,
			},
		]);
		// It is notified of what the engine has lost.
		await stream.take(1);
		slow.resume();
		await sse.publish("all", "last");
		await slow.until(() => slow.events.at(-1)?.data === "last");
		const has = dataOf(slow.events).includes("in the group");
		const gaps = slow.events.filter(({ event }) => event === "gap");
		expect({ has, gaps: gaps.length }).toEqual({ has: true, gaps: 0 });
	},
);

it("sends everyone a gap for events that the engine lost and whose numbers it reused", async () => {
	const { engine, one, other } = await startTwo();
	const { stream } = await one.open();
	for (const data of ["1", "2", "3"]) await one.sse.publish("all", data);
	await stream.take(3);
	engine.forget(2);
	await other.sse.publish("all", "another 2");
	engine.cut();
	const events = await stream.take(4);
	expect(events[3]).toMatchObject({ event: "gap", data: '{"reason":"diverged"}' });
});

it("calls recover for clients that were connected when the log was lost", async () => {
	const { engine, one } = await startTwo({ recover: () => [{ data: "all there is" }] });
	const { stream } = await one.open();
	await one.sse.publish("all", "1");
	await stream.take(1);
	engine.lose();
	engine.cut();
	expect(dataOf(await stream.take(2))).toEqual(["1", "all there is"]);
});

it("notices that the log was lost however much it appends in the meantime", async () => {
	const { engine, one } = await startTwo();
	const { stream } = await one.open();
	await one.sse.publish("all", "1");
	await stream.take(1);
	engine.lose();
	// Nor does what follows show it.
	engine.isMute = true;
	const isTold = (): boolean => stream.text.includes("event: gap");
	const appendsMore = async (): Promise<boolean> => {
		await one.sse.publish("all", "more");
		return isTold();
	};
	await eventually(appendsMore, "the gap");
});

it("starts once, even if the engine answers an abandoned call much later", async () => {
	const engine = new MemoryEngine();
	const driver = engine.driver();
	let reads = 0;
	let answer = (): void => {};
	const answered = new Promise<void>((resolve) => {
		answer = resolve;
	});
	const read: typeof driver.read = async (...range) => {
		const found = await driver.read(...range);
		// After the one that looks for its position.
		if (++reads === 2) await answered;
		return found;
	};
	const one = await startService({
		heartbeatIntervalMs: 0,
		eventLog: createEngineEventLog({ ...driver, read }),
	});
	const other = await startOn(engine);
	const { stream } = await one.open();
	await one.sse.publish("all", "1");
	await stream.take(1);
	engine.isMute = true;
	for (const data of ["2", "3"]) await other.sse.publish("all", data);
	engine.trim(engine.newest.sequence - 1);
	vi.useFakeTimers({
		toFake: ["performance", "setTimeout", "clearTimeout"],
		shouldAdvanceTime: true,
	});
	onTestFinished(() => void vi.useRealTimers());
	engine.cut();
	engine.isMute = false;
	await eventually(() => reads === 2, "the reading");
	// Longer than it may take.
	vi.advanceTimersByTime(60_000);
	await stream.take(2);
	await one.sse.publish("all", "4");
	await stream.take(3);
	answer();
	await one.sse.publish("all", "5");
	await one.sse.publish("all", "6");
	const events = await stream.take(5);
	expect(dataOf(events)).toEqual(["1", '{"reason":"expired"}', "4", "5", "6"]);
});

it("keeps its clients while the engine is unavailable, and then sends them everything", async () => {
	const { engine, one, other } = await startTwo();
	const { stream } = await one.open();
	engine.isMute = true;
	engine.cut();
	await other.sse.publish("all", "1");
	engine.goOn();
	expect(dataOf(await stream.take(1))).toEqual(["1"]);
});

it("rejects publish after its timeout, and calls onError for what was sent", async () => {
	const errors: unknown[] = [];
	const { engine, one } = await startTwo({
		publishTimeoutMs: 50,
		onError: (error, { stage }) => errors.push([stage, error]),
	});
	engine.isHung = true;
	await expect(one.sse.publish("all", "x")).rejects.toMatchObject({ code: "ERR_SSE_TIMEOUT" });
	one.sse.send("all", "x");
	await eventually(() => errors.length > 0, "the error");
	expect(errors[0]).toMatchObject(["send", { code: "ERR_SSE_TIMEOUT" }]);
	engine.goOn();
});

it("changes groups, connections and metadata of a client in any process, in the order of the log", async () => {
	const { one, other } = await startTwo();
	const { stream, connection } = await other.open({ clientId: "ada", groups: ["lobby"] });
	expect(one.sse.join({ client: "ada" }, "room")).toBe(0);
	one.sse.send({ group: "room" }, "welcome");
	expect(dataOf(await stream.take(1))).toEqual(["welcome"]);
	one.sse.setMetadata("ada", { name: "Ada" });
	one.sse.leave({ client: "ada" }, "lobby");
	await eventually(() => connection.groups.length === 1, "leaving");
	expect(connection.groups).toEqual(["room"]);
	expect(other.sse.getClient("ada")?.meta).toEqual({ name: "Ada" });
	one.sse.disconnect({ group: "room" }, "closed");
	expect(await stream.ended).toBe(true);
	expect(connection.closeReason).toBe("closed");
});

it("excludes a connection from an event of its own process, and does not replay that event to its client", async () => {
	const { one, other } = await startTwo();
	const { stream, connection } = await one.open({ clientId: "ada" });
	await one.sse.publish({ all: true, except: { connection } }, "not ada's");
	await one.sse.publish("all", "1");
	expect(dataOf(await stream.take(1))).toEqual(["1"]);
	const { stream: again } = await other.open({ clientId: "ada" }, lastIdOf(stream));
	await one.sse.publish("all", "2");
	expect(dataOf(await again.take(1))).toEqual(["2"]);
});

// What was appended to the new log before this process had seen that it is new was taken for lost with the old one.
it("excludes a connection from an event sent just as the log is recreated", async () => {
	const engine = new MemoryEngine();
	const { sse, open } = await startOn(engine);
	const { stream, connection } = await open();
	await sse.publish("all", "1");
	await stream.take(1);
	engine.lose();
	await sse.publish({ all: true, except: { connection } }, "not for it");
	await stream.until(() => stream.events.length > 1);
	await sse.publish("all", "2");
	const events = (await stream.take(3)).map(({ event, data }) => event ?? data);
	expect(events).toEqual(["1", "gap", "2"]);
});

it("lists the clients of all processes, and for a while those sent away to reconnect", async () => {
	const { one, other } = await startTwo();
	await one.open({ clientId: "ada", groups: ["room"], meta: { name: "Ada" } });
	await other.open({ clientId: "ada", groups: ["room"] });
	const { stream } = await other.open({ clientId: "bob", groups: ["lobby"] });
	const clients = async (group?: string): Promise<unknown[]> =>
		(await one.sse.clientsIn(group)).sort((a, b) => (a.clientId < b.clientId ? -1 : 1));
	await expect
		.poll(() => clients("room"))
		.toEqual([{ clientId: "ada", meta: { name: "Ada" }, connections: 2 }]);
	await expect.poll(() => clients()).toHaveLength(2);
	await other.sse.close();
	await stream.ended;
	await expect
		.poll(() => clients("lobby"))
		.toEqual([{ clientId: "bob", meta: {}, connections: 0 }]);
});

it("reports what it could not send to other processes, and why", async () => {
	const errors: { readonly code: string; readonly message: string }[] = [];
	const onError = (error: unknown): void => void errors.push(error as (typeof errors)[number]);
	const { engine, one, other } = await startTwo({ onError });
	await one.open({ clientId: "ada" });
	await expect.poll(() => other.sse.clientsIn()).toHaveLength(1);
	engine.isHung = true;
	await one.open({ clientId: "bob" });
	await eventually(() => errors.length > 0, "the error");
	expect(errors[0]).toMatchObject({
		code: "ERR_SSE_TIMEOUT",
		message: "Posting the clients of this process took longer than 2000 ms",
	});
	engine.goOn();
	engine.isAway = true;
	await expect(one.sse.clientsIn()).rejects.toMatchObject({
		code: "ERR_SSE_LOG_FAILED",
		message: "The engine failed: it is away",
	});
	engine.goOn();
});

it("soon tells other processes that a client has left", async () => {
	const { one, other } = await startTwo();
	const { stream } = await other.open({ clientId: "ada" });
	const count = async (): Promise<number> => (await one.sse.clientsIn()).length;
	await expect.poll(count).toBe(1);
	const idle = measureIdle();
	stream.abort();
	await expect.poll(count).toBe(0);
	// Lists that nothing has changed are put up every five seconds.
	expect(idle()).toBeLessThan(3_000);
});

it("is ready when appended events arrive, and live without that", async () => {
	const engine = new MemoryEngine();
	engine.isAway = true;
	const eventLog = createEngineEventLog(engine.driver());
	const { sse } = await startService({ heartbeatIntervalMs: 0, eventLog });
	await eventually(() => sse.health().log?.error?.includes("it is away") === true, "the error");
	expect(sse.health()).toMatchObject({ live: true, ready: false });
	engine.goOn();
	await eventually(() => sse.health().ready, "readiness");
});

/** Lets time pass, as services see it, until `test` holds. */
const timeUntil = (test: () => boolean): Promise<void> =>
	passUntil(test, () => vi.advanceTimersByTime(100));

// Reading alone is no proof: Redis without memory, or a user who may only read, answers every question.
it("is not ready while the engine accepts nothing, and ready again when it does", async () => {
	vi.useFakeTimers({
		toFake: ["Date", "performance", "setTimeout", "clearTimeout"],
		shouldAdvanceTime: true,
	});
	onTestFinished(() => void vi.useRealTimers());
	const engine = new MemoryEngine();
	const { sse } = await startOn(engine);
	engine.refuse = () => new Error("no memory");
	const begun = Date.now();
	await expect(sse.publish("all", "1")).rejects.toMatchObject({ code: "ERR_SSE_LOG_FAILED" });
	await timeUntil(() => !sse.health().ready);
	expect(Date.now() - begun).toBeGreaterThanOrEqual(10_000);
	expect(sse.health().log).toMatchObject({ error: "The engine failed: no memory" });
	engine.refuse = () => undefined;
	await timeUntil(() => sse.health().ready);
	// Nobody has published in the meantime.
	expect(engine.newest.sequence).toBeGreaterThan(0);
	await sse.publish("all", "2");
});

it("stays ready even if an event is refused again and again", async () => {
	vi.useFakeTimers({
		toFake: ["Date", "performance", "setTimeout", "clearTimeout"],
		shouldAdvanceTime: true,
	});
	onTestFinished(() => void vi.useRealTimers());
	const engine = new MemoryEngine();
	const { sse, open } = await startOn(engine);
	const { stream } = await open();
	engine.refuse = ({ text }) => (text.includes("large") ? new Error("too large") : undefined);
	let refused = 0;
	const begun = Date.now();
	await timeUntil(() => {
		sse.publish("all", "large").catch(() => refused++);
		expect(sse.health()).toMatchObject({ ready: true });
		return Date.now() - begun > 60_000;
	});
	expect(refused).toBeGreaterThan(10);
	await sse.publish("all", "small");
	expect(dataOf(await stream.take(1))).toEqual(["small"]);
});

it("opens streams before the log is available, and sends them everything from then on", async () => {
	const engine = new MemoryEngine();
	engine.isAway = true;
	const eventLog = createEngineEventLog(engine.driver());
	const { sse, open } = await startService({ heartbeatIntervalMs: 0, eventLog });
	const { stream } = await open();
	engine.goOn();
	await eventually(() => eventLog.position !== undefined, "the log to be open");
	await sse.publish("all", "1");
	expect(dataOf(await stream.take(1))).toEqual(["1"]);
});

it("appends what was sent before it is closed", async () => {
	const { one, other } = await startTwo();
	const { stream } = await other.open();
	one.sse.send("all", "the last");
	await one.sse.close();
	expect(dataOf(await stream.take(1))).toEqual(["the last"]);
});

// Its text was made behind a promise: the send that it was of threw nothing, and said that it was not appended.
it("throws at once what is longer than a string can be", async () => {
	const { sse } = await startOn(new MemoryEngine());
	// Simulated: a real one takes seconds and a gigabyte.
	const cause = new RangeError("Invalid string length");
	const stringify = vi.spyOn(JSON, "stringify").mockImplementationOnce(() => {
		throw cause;
	});
	onTestFinished(() => stringify.mockRestore());
	expect(() => sse.send("all", "text")).toThrow(
		expect.objectContaining({ code: "ERR_SSE_INVALID_DATA", cause }),
	);
});

it("closes even if the engine does not answer", async () => {
	const { engine, one } = await startTwo({ publishTimeoutMs: 50, onError: () => {} });
	engine.isHung = true;
	one.sse.send("all", "x");
	await settled(one.sse.close(), "the close");
	engine.goOn();
});

it.each([
	["an engine", () => createEngineEventLog(new MemoryEngine().driver())],
	// It went over to the second, and the clients of the first received nothing any more.
	["this process", createMemoryEventLog],
])("serves one service, in %s", async (_, create) => {
	const eventLog = create();
	await startService({ eventLog });
	await expect(startService({ eventLog })).rejects.toMatchObject({
		code: "ERR_SSE_INVALID_OPTION",
	});
});

// Each of them stayed in memory until the engine was back.
it("does not wait for a client that has left until the engine is back", async () => {
	const engine = new MemoryEngine();
	const eventLog = createEngineEventLog(engine.driver());
	const readAfter = eventLog.readAfter.bind(eventLog);
	const reads: unknown[] = [];
	eventLog.readAfter = (...asked) => {
		const page = readAfter(...asked);
		reads.push(page);
		return page;
	};
	const { sse, open } = await startService({
		heartbeatIntervalMs: 0,
		eventLog,
		history: { maxEvents: 1 },
		onError: () => {},
	});
	const { id } = await sse.publish("all", "1");
	for (const data of ["2", "3"]) await sse.publish("all", data);
	await eventually(() => eventLog.position?.sequence === 3);
	engine.isAway = true;
	engine.cut();
	const { stream } = await open({}, id);
	await eventually(() => engine.reads > 0 && reads.length > 0);
	stream.abort();
	await expect(settled(Promise.resolve(reads[0]), "its read")).rejects.toMatchObject({
		code: "ERR_SSE_CONNECTION_CLOSED",
	});
});

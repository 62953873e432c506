/**
 * No id on a stream leads back behind the one before. An event for one connection with an id of the application's also says what
 * its client has been given of the log, and so do notices; each was once stamped with what the process had, though the client
 * was ahead of that, or had been given more by the time the event was written.
 */
import { eventually, openStream, type TestStream } from "@sse-service/testing";
import { expect, it } from "vitest";
import { createEngineEventLog } from "../src/engine.js";
import { MemoryEngine } from "./memory-engine.js";
import { dataOf, lastIdOf } from "./received.js";
import { type Serving, startService } from "./serving.js";
import { startOn } from "./start-on.js";

/** The sequences that a stream's ids name. */
function ids({ text }: TestStream): number[] {
	return Array.from(text.matchAll(/^id: v1\.[^.]+\.([^.]+)/gm), ([, digits = ""]) =>
		Number.parseInt(digits, 36),
	);
}

/** What a client is sent that comes back from a stream, until "end". */
async function back({ sse, open }: Serving, stream: TestStream): Promise<string[]> {
	stream.abort();
	const { stream: again } = await open({}, lastIdOf(stream));
	await sse.publish("all", "end");
	await again.until(() => again.text.includes("data: end"));
	return again.events.map(({ data }) => data);
}

it("a client that connects to a process that is behind receives nothing twice", async () => {
	const engine = new MemoryEngine();
	const [one, late] = [await startOn(engine), await startOn(engine)];
	await one.sse.publish("all", "1");
	await eventually(() => late.sse.stats().history?.events === 1, "the first event");
	engine.isMute = true;
	// Where its client has been, "2" has arrived.
	const { id } = await one.sse.publish("all", "2");
	const { stream } = await late.open({}, id, (connection) =>
		connection.send("hello", { event: "hello", id: 0 }),
	);
	engine.goOn();
	await stream.until(() => stream.text.includes("data: hello"));
	expect(await back(one, stream)).toEqual(["end"]);
});

it("a client whose piped event waited behind others receives nothing twice", async () => {
	let recover = (): void => {};
	const recovered = new Promise<[]>((resolve) => {
		recover = () => resolve([]);
	});
	const serving = await startService({
		heartbeatIntervalMs: 0,
		history: true,
		recover: () => recovered,
	});
	const { stream } = await serving.open({}, "unknown", (connection) =>
		connection.pipe(["piped"], { toEvent: (data) => ({ data, id: 7 }) }),
	);
	for (const data of ["1", "2"]) await serving.sse.publish("all", data);
	recover();
	await stream.until(() => stream.text.includes("data: piped"));
	expect(stream.events.map(({ data }) => data)).toEqual(["1", "2", "piped"]);
	expect(await back(serving, stream)).toEqual(["end"]);
});

it("a client that is ahead of its process, and is excluded from an event by connection, receives nothing twice", async () => {
	const engine = new MemoryEngine();
	const [one, late] = [await startOn(engine), await startOn(engine)];
	await one.sse.publish("all", "1");
	await eventually(() => late.sse.stats().history?.events === 1, "the first event");
	engine.isMute = true;
	let excluded = (): void => {};
	const { id } = await one.sse.publish("all", "2");
	const { id: newest } = await one.sse.publish("all", "3");
	expect(id).not.toBe(newest);
	const { stream } = await late.open({}, newest, (connection) => {
		excluded = () => late.sse.send({ all: true, except: { connection } }, "4");
	});
	excluded();
	engine.goOn();
	await late.sse.publish("all", "5");
	await stream.until(() => stream.text.includes("data: 5"));
	expect(ids(stream)).toEqual(ids(stream).toSorted((a, b) => a - b));
	expect(await back(one, stream)).toEqual(["end"]);
});

it("the id of a piped event that waits while the log is lost belongs to the new log", async () => {
	const engine = new MemoryEngine();
	const one = await startOn(engine);
	// It is called again once the log is lost. What is not released is waited for until its timeout.
	const releases: (() => void)[] = [];
	const release = (): void => {
		for (const resolve of releases) resolve();
	};
	const eventLog = createEngineEventLog(engine.driver());
	const serving = await startService({
		eventLog,
		recover: () =>
			new Promise<[]>((resolve) => {
				releases.push(() => resolve([]));
			}),
	});
	await eventually(() => eventLog.position !== undefined, "the log to be open");
	const { stream } = await serving.open({}, "unknown", (connection) =>
		connection.send("waiting", { id: 7 }),
	);
	const before = eventLog.position?.epoch;
	engine.lose();
	engine.cut();
	await eventually(() => eventLog.position?.epoch !== before, "the other log");
	await eventually(() => {
		release();
		return dataOf(stream.events).includes("waiting");
	}, "the piped event");
	expect(lastIdOf(stream)).toContain(eventLog.position?.epoch);
	await one.sse.publish("all", "after");
	await stream.until(() => dataOf(stream.events).includes("after"));
	expect(lastIdOf(stream)).toContain(eventLog.position?.epoch);
});

it("the id of a piped event that waits while the log loses its newest events names an event that still exists", async () => {
	const engine = new MemoryEngine();
	let release = (): void => {};
	const eventLog = createEngineEventLog(engine.driver());
	const serving = await startService({
		heartbeatIntervalMs: 0,
		eventLog,
		recover: () =>
			new Promise<[]>((resolve) => {
				release = () => resolve([]);
			}),
	});
	for (const data of ["kept", "lost"]) await serving.sse.publish("all", data);
	await eventually(() => eventLog.position?.tag === engine.newest.tag, "both events");
	const { stream } = await serving.open({}, "unknown", (connection) =>
		connection.pipe(["piped"], { toEvent: (data) => ({ data, id: 7 }) }),
	);
	engine.forget(1);
	engine.cut();
	const { tag } = engine.newest;
	await eventually(() => eventLog.position?.tag === tag, "the log without its newest event");
	await eventually(() => {
		release();
		return stream.text.includes("data: piped");
	}, "the piped event");
	expect(lastIdOf(stream)).toContain(`.${tag};7`);
});

it("a client for which `recover` made up for lost events leads on from the log that there is", async () => {
	const engine = new MemoryEngine();
	const eventLog = createEngineEventLog(engine.driver());
	const reasons: string[] = [];
	const serving = await startService({
		heartbeatIntervalMs: 0,
		eventLog,
		recover: ({ reason }) => {
			reasons.push(reason);
			return [];
		},
	});
	for (const data of ["kept", "lost"]) await serving.sse.publish("all", data);
	await eventually(() => eventLog.position?.tag === engine.newest.tag, "both events");
	const { stream } = await serving.open();
	engine.forget(1);
	engine.cut();
	const { tag } = engine.newest;
	await eventually(() => reasons.length > 0, "the loss to be noticed");
	await eventually(() => lastIdOf(stream).includes(`.${tag}`), "the new id");
	expect(await back(serving, stream)).toEqual(["end"]);
	expect(reasons).toEqual(["diverged"]);
});

it("a client that connects just after the log has lost its newest event receives one gap", async () => {
	const engine = new MemoryEngine();
	const driver = engine.driver();
	let isReading = false;
	let release = (): void => {};
	let held: Promise<void> | undefined;
	const eventLog = createEngineEventLog({
		...driver,
		read: async (...asked) => {
			const found = await driver.read(...asked);
			isReading = held !== undefined;
			await held;
			return found;
		},
	});
	const serving = await startService({ heartbeatIntervalMs: 0, eventLog });
	await serving.sse.publish("all", "kept");
	const { id } = await serving.sse.publish("all", "lost");
	await eventually(() => eventLog.position?.tag === engine.newest.tag, "both events");
	held = new Promise((resolve) => {
		release = resolve;
	});
	engine.forget(1);
	engine.cut();
	await eventually(() => isReading, "the log to be read again");
	// It is read before the client receives anything.
	const { stream } = await serving.open({}, id, () => release());
	await serving.sse.publish("all", "end");
	await stream.until(() => stream.text.includes("data: end"));
	expect(stream.events.map(({ data }) => data)).toEqual(['{"reason":"diverged"}', "end"]);
});

// Each poll waited anew for the log to come to its position, for less than it takes to say that it never will.
it("a poll of a client that is ahead waits until its process has caught up, even longer than longPollMs", async () => {
	const engine = new MemoryEngine();
	const [one, late] = [await startOn(engine), await startOn(engine, { longPollMs: 1 })];
	const before = await one.sse.publish("all", "1");
	await eventually(() => late.sse.stats().history?.events === 1, "the first event");
	engine.isMute = true;
	const ahead = await one.sse.publish("all", "2");
	const poll = (id: string): Promise<TestStream> =>
		openStream(`${late.server.url}/?live=poll`, { headers: { "last-event-id": id } });
	const waiting = await poll(ahead.id);
	// One that begins later has given up.
	await (await poll(before.id)).ended;
	engine.goOn();
	await one.sse.publish("all", "3");
	await waiting.ended;
	expect(waiting.events.map(({ data }) => data)).toEqual(["3"]);
});

/**
 * Commands of another process for a client that has come further in the log than its process: those that the log has up to
 * where the client is came before its connection, and concern the connections that were open then.
 */
import { eventually, type TestStream } from "@sse-service/testing";
import { describe, expect, it } from "vitest";
import { createEngineEventLog } from "../src/engine.js";
import type { SSEService } from "../src/index.js";
import { MemoryEngine } from "./memory-engine.js";
import { dataOf } from "./received.js";
import { type Opened, type Serving, startService } from "./serving.js";
import { startOn } from "./start-on.js";

const PARAMS = { clientId: "ada", groups: ["room"], meta: { name: "as connected" } };

const MAX_LAG_MS = 20;

interface Scene {
	readonly engine: MemoryEngine;
	readonly one: Serving;
	/** It receives nothing more for now. */
	readonly late: Serving;
	/** A stream of another client of the late process. */
	readonly other: TestStream;
}

/** Two processes, both of which have an event. */
async function startTwo(): Promise<Scene> {
	const engine = new MemoryEngine();
	const [one, late] = [await startOn(engine), await startOn(engine)];
	const { stream: other } = await late.open();
	await one.sse.publish("all", "0");
	await other.take(1);
	engine.isMute = true;
	return { engine, one, late, other };
}

/** Gives a command, and waits until the log has it. */
async function stored(engine: MemoryEngine, give: () => unknown): Promise<void> {
	const { sequence } = engine.newest;
	give();
	await eventually(() => engine.newest.sequence > sequence, "the command in the log");
}

/** What each command changes for the client's connection. */
const COMMANDS: Record<string, (sse: SSEService) => unknown> = {
	join: (sse) => sse.join({ client: "ada" }, "hall"),
	leave: (sse) => sse.leave({ client: "ada" }, "room"),
	disconnect: (sse) => sse.disconnect({ client: "ada" }, "elsewhere"),
	setMetadata: (sse) => sse.setMetadata("ada", { name: "as set" }),
	"setMetadata in a group": (sse) => sse.setMetadata("ada", { name: "as set" }, "room"),
};

/** Open a stream of the client in the late process, and deliver everything. */
async function comeWith(id: string, { engine, late }: Scene): Promise<Opened> {
	const opened = await late.open(PARAMS, id);
	engine.goOn();
	return opened;
}

/** What becomes of a stream that a command concerns, or not. */
async function expected(command: (sse: SSEService) => unknown, isConcerned: boolean) {
	const scene = await startTwo();
	scene.engine.goOn();
	const opened = await scene.late.open(PARAMS);
	if (isConcerned) command(scene.late.sse);
	return shown(scene, opened);
}

async function shown({ one, late, other }: Scene, { connection, stream }: Opened): Promise<object> {
	await one.sse.publish("all", "last");
	await other.until(() => dataOf(other.events).includes("last"));
	if (!connection.closed) await stream.until(() => dataOf(stream.events).includes("last"));
	return {
		received: dataOf(stream.events),
		groups: connection.groups.toSorted(),
		reason: connection.closeReason,
		meta: [undefined, "room"].map((group) => late.sse.getClient("ada", group)?.meta),
	};
}

describe.each(Object.entries(COMMANDS))("%s", (_, command) => {
	it("does not concern a client that comes with a later event to a process that lacks both", async () => {
		const scene = await startTwo();
		const { engine, one } = scene;
		await stored(engine, () => command(one.sse));
		const { id } = await one.sse.publish("all", "had");
		expect(await shown(scene, await comeWith(id, scene))).toEqual(await expected(command, false));
	});

	it("concerns a client that comes with an earlier event to a process that lacks both", async () => {
		const scene = await startTwo();
		const { engine, one } = scene;
		const { id } = await one.sse.publish("all", "had");
		await stored(engine, () => command(one.sse));
		expect(await shown(scene, await comeWith(id, scene))).toEqual(await expected(command, true));
	});

	it("does not concern such a client if the process reads it behind events that it can no longer read", async () => {
		const scene = await startTwo();
		const { engine, one } = scene;
		const { sequence } = engine.newest;
		await one.sse.publish("all", "trimmed");
		await stored(engine, () => command(one.sse));
		const { id } = await one.sse.publish("all", "had");
		engine.trim(sequence + 1);
		engine.cut();
		const opened = await comeWith(id, scene);
		await scene.other.until(() => scene.other.text.includes("expired"));
		expect(await shown(scene, opened)).toEqual(await expected(command, false));
	});

	it("concerns a client whose last event the log has lost", async () => {
		const scene = await startTwo();
		const { engine, one } = scene;
		await one.sse.publish("all", "lost");
		await one.sse.publish("all", "lost");
		const { id } = await one.sse.publish("all", "lost");
		engine.forgetFrom("lost");
		await stored(engine, () => command(one.sse));
		const opened = await comeWith(id, scene);
		const { connection, stream } = opened;
		const isOver = (): boolean => connection.closed || stream.text.includes("diverged");
		await eventually(isOver, "the gap, or the end");
		expect({ ...(await shown(scene, opened)), received: [] }).toEqual({
			...(await expected(command, true)),
			received: [],
		});
	});
});

// It was given up, and then waited for once more. In the end there was no gap, and the client had been changed.
it("no command changes a client that is waited for in vain without a gap", async () => {
	const engine = new MemoryEngine();
	const one = await startOn(engine);
	const eventLog = createEngineEventLog(engine.driver());
	let prove = (): void => {};
	const proven = new Promise<void>((resolve) => {
		prove = resolve;
	});
	Object.assign(eventLog.shared ?? {}, { maxLagMs: MAX_LAG_MS, current: () => proven });
	const late = await startService({ eventLog });
	const { stream: other } = await late.open();
	await one.sse.publish("all", "0");
	await other.take(1);
	engine.isMute = true;
	await stored(engine, () => one.sse.leave({ client: "ada" }, "room"));
	const { id } = await one.sse.publish("all", "had");
	const { connection, stream } = await late.open(PARAMS, id);
	await stream.take(1);
	expect(dataOf(stream.events)).toEqual(['{"reason":"diverged"}']);
	engine.goOn();
	prove();
	await one.sse.publish("all", "last");
	await stream.until(() => dataOf(stream.events).includes("last"));
	expect(connection.groups).toEqual([]);
	expect(dataOf(stream.events).slice(1)).toEqual(["had", "last"]);
});

/**
 * Commands of two processes for one client: each process carries out its own at once, and the other's when the log delivers it.
 * In the end both have what the log says, in whatever order they came.
 */
import { eventually } from "@sse-service/testing";
import { describe, expect, it } from "vitest";
import {
	type ConnectParams,
	isSSEError,
	type SSEService,
	type SSEServiceOptions,
} from "../src/index.js";
import { MemoryEngine } from "./memory-engine.js";
import { dataOf } from "./received.js";
import type { Serving } from "./serving.js";
import { startOn } from "./start-on.js";

/** Two processes, and a client of the second in "room". */
async function startTwo(engine: MemoryEngine, options: SSEServiceOptions = {}) {
	const [one, two] = [await startOn(engine), await startOn(engine, options)];
	const { connection: ada, stream } = await two.open({ clientId: "ada", groups: ["room"] });
	return { one, two, ada, stream };
}

/** Gives a command, and waits until the log has it. */
async function stored(engine: MemoryEngine, give: () => unknown): Promise<void> {
	const { sequence } = engine.newest;
	give();
	await eventually(() => engine.newest.sequence > sequence, "the command in the log");
}

/** Deliver what the log has, up to an event that everyone receives. */
async function deliverAll(engine: MemoryEngine, { sse }: Serving, received: () => string[]) {
	engine.goOn();
	await sse.publish("all", "last");
	await eventually(() => received().includes("last"), "the last event");
}

it("an older leave that arrives after a join does not undo it", async () => {
	const engine = new MemoryEngine();
	const { one, two, ada, stream } = await startTwo(engine);
	engine.isMute = true;
	await stored(engine, () => one.sse.leave({ client: "ada" }, "room"));
	await stored(engine, () => two.sse.join({ client: "ada" }, "room"));
	await one.sse.publish({ group: "room" }, "for the room");
	await deliverAll(engine, one, () => dataOf(stream.events));
	expect(ada.groups).toEqual(["room"]);
	expect(dataOf(stream.events)).toEqual(["for the room", "last"]);
});

it("an older join does not undo a leave, and events sent to the group before it are not delivered", async () => {
	const engine = new MemoryEngine();
	const { one, two, ada, stream } = await startTwo(engine);
	engine.isMute = true;
	await stored(engine, () => one.sse.join({ client: "ada" }, ["room", "hall"]));
	await one.sse.publish({ group: "room" }, "for the room");
	await stored(engine, () => two.sse.leave({ client: "ada" }, "room"));
	await deliverAll(engine, one, () => dataOf(stream.events));
	expect(ada.groups).toEqual(["hall"]);
	expect(dataOf(stream.events)).toEqual(["last"]);
});

it("commands that follow from others are also carried out in the log's order", async () => {
	const engine = new MemoryEngine();
	const { one, two, ada, stream } = await startTwo(engine);
	engine.isMute = true;
	await stored(engine, () => one.sse.join({ client: "ada" }, "staff"));
	await stored(engine, () => two.sse.join({ group: "staff" }, "news"));
	await stored(engine, () => two.sse.leave({ group: "news" }, "room"));
	await deliverAll(engine, one, () => dataOf(stream.events));
	expect(ada.groups.toSorted()).toEqual(["news", "staff"]);
});

it("of the `meta` that two processes set, the one that the log has last stays in both", async () => {
	const engine = new MemoryEngine();
	const { one, two, stream } = await startTwo(engine);
	await one.open({ clientId: "ada" });
	engine.isMute = true;
	await stored(engine, () => one.sse.setMetadata("ada", { name: "first" }));
	await stored(engine, () => two.sse.setMetadata("ada", { name: "second" }));
	await deliverAll(engine, one, () => dataOf(stream.events));
	await eventually(() => one.sse.getClient("ada")?.meta?.name === "second", "the second in one");
	expect(two.sse.getClient("ada")?.meta).toEqual({ name: "second" });
});

it("a command that was given up is carried out if the log has stored it after all", async () => {
	const engine = new MemoryEngine();
	const codes: unknown[] = [];
	const onError = (error: unknown): void => void codes.push(isSSEError(error) && error.code);
	const { one, two, ada, stream } = await startTwo(engine, { onError, publishTimeoutMs: 50 });
	engine.isMute = true;
	await stored(engine, () => one.sse.leave({ client: "ada" }, "room"));
	engine.isHung = true;
	two.sse.join({ client: "ada" }, "room");
	await eventually(() => codes.includes("ERR_SSE_TIMEOUT"), "the time limit");
	await deliverAll(engine, one, () => dataOf(stream.events));
	expect(ada.groups).toEqual(["room"]);
});

it("a command that was given up does not concern a connection that opened since", async () => {
	const engine = new MemoryEngine();
	const codes: unknown[] = [];
	const onError = (error: unknown): void => void codes.push(isSSEError(error) && error.code);
	const { one, two, ada, stream } = await startTwo(engine, { onError, publishTimeoutMs: 50 });
	engine.isMute = true;
	engine.isHung = true;
	two.sse.leave({ client: "ada" }, "room");
	await eventually(() => codes.includes("ERR_SSE_TIMEOUT"), "the time limit");
	// The log does not know of this.
	two.sse.join({ connection: ada }, "room");
	const { connection } = await two.open({ clientId: "ada", groups: ["room"] });
	await deliverAll(engine, one, () => dataOf(stream.events));
	expect(ada.groups).toEqual([]);
	expect(connection.groups).toEqual(["room"]);
});

it("a command is carried out once if no other command precedes it", async () => {
	const engine = new MemoryEngine();
	const { one, two, ada, stream } = await startTwo(engine);
	engine.isMute = true;
	await stored(engine, () => one.sse.leave({ client: "bob" }, "room"));
	await stored(engine, () => one.sse.leave({ client: "ada" }, "hall"));
	await stored(engine, () => two.sse.join({ client: "ada" }, "room"));
	await stored(engine, () => two.sse.disconnect({ client: "bob" }));
	// The log does not know of this.
	two.sse.leave({ connection: ada }, "room");
	const bob = await two.open({ clientId: "bob" });
	await deliverAll(engine, one, () => dataOf(stream.events));
	expect(ada.groups).toEqual([]);
	expect(bob.connection.closed).toBe(false);
});

it("a join that the log lost does not undo the leave that replaced it", async () => {
	const engine = new MemoryEngine();
	const { one, two, ada, stream } = await startTwo(engine);
	engine.isMute = true;
	await one.sse.publish("all", "before");
	await stored(engine, () => two.sse.join({ client: "ada" }, ["room", "hall"]));
	engine.forget(1);
	await stored(engine, () => one.sse.leave({ client: "ada" }, "room"));
	engine.cut();
	await deliverAll(engine, one, () => dataOf(stream.events));
	expect(ada.groups).toEqual(["hall"]);
});

it("`meta` of the client is set without a join that came after it being repeated", async () => {
	const engine = new MemoryEngine();
	const { one, two, ada, stream } = await startTwo(engine);
	engine.isMute = true;
	await stored(engine, () => one.sse.setMetadata("ada", { name: "Ada" }));
	await stored(engine, () => two.sse.join({ client: "ada" }, "hall"));
	two.sse.leave({ connection: ada }, "hall");
	await deliverAll(engine, one, () => dataOf(stream.events));
	expect(ada.groups).toEqual(["room"]);
	expect(two.sse.getClient("ada")?.meta).toEqual({ name: "Ada" });
});

describe("a command that a process gave itself before a connection opened does not concern it, though an older one arrives later:", () => {
	/** One process gives a command, then the other one, in which a connection opens after both. */
	async function outcomeOf(
		older: (sse: SSEService) => unknown,
		own: (sse: SSEService) => unknown,
		params: Partial<ConnectParams>,
	) {
		const engine = new MemoryEngine();
		const [one, two] = [await startOn(engine), await startOn(engine)];
		engine.isMute = true;
		await stored(engine, () => older(one.sse));
		await stored(engine, () => own(two.sse));
		const { connection, stream } = await two.open({ clientId: "ada", ...params });
		await deliverAll(engine, one, () => dataOf(stream.events));
		return { groups: connection.groups.toSorted(), meta: two.sse.getClient("ada")?.meta };
	}

	it.each(["join", "leave"] as const)("a leave, behind a %s", async (older) => {
		const { groups } = await outcomeOf(
			(sse) => sse[older]({ client: "ada" }, "room"),
			(sse) => sse.leave({ client: "ada" }, "room"),
			{ groups: ["room"] },
		);
		expect(groups).toEqual(["room"]);
	});

	it.each(["join", "leave"] as const)("a join, behind a %s", async (older) => {
		const { groups } = await outcomeOf(
			(sse) => sse[older]({ client: "ada" }, "room"),
			(sse) => sse.join({ client: "ada" }, "room"),
			{ groups: ["hall"] },
		);
		expect(groups).toEqual(["hall"]);
	});

	it("a leave of one group, behind a join of two, which still concerns the connection with the other group", async () => {
		const { groups } = await outcomeOf(
			(sse) => sse.join({ client: "ada" }, ["room", "hall"]),
			(sse) => sse.leave({ client: "ada" }, "room"),
			{ groups: ["lobby"] },
		);
		expect(groups).toEqual(["hall", "lobby"]);
	});

	it("a leave of those in a group that the connection is not in", async () => {
		const { groups } = await outcomeOf(
			(sse) => sse.join({ client: "ada" }, "room"),
			(sse) => sse.leave({ group: "staff" }, "room"),
			{ groups: ["lobby"] },
		);
		expect(groups).toEqual(["lobby", "room"]);
	});

	it("setMetadata", async () => {
		const { meta } = await outcomeOf(
			(sse) => sse.setMetadata("ada", { name: "first" }),
			(sse) => sse.setMetadata("ada", { name: "second" }),
			{ meta: { name: "as connected" } },
		);
		expect(meta).toEqual({ name: "as connected" });
	});
});

/**
 * Commands of other processes that a process missed: it was cut off while the log lost events that it had, or that it lacked. It
 * carries out those that the log still has.
 */
import { eventually } from "@sse-service/testing";
import { expect, it } from "vitest";
import { MemoryEngine } from "./memory-engine.js";
import { startOn } from "./start-on.js";

/** Two processes, of which the late one has a client in "room". Both have an event. */
async function startTwo(engine: MemoryEngine) {
	const [one, late] = [await startOn(engine), await startOn(engine)];
	const { connection: ada } = await late.open({ clientId: "ada", groups: ["room"] });
	await one.sse.publish("all", "1");
	await eventually(() => late.sse.stats().history?.events === 1, "the first event");
	return { one, late, ada };
}

it("are carried out if events before them are trimmed", async () => {
	const engine = new MemoryEngine();
	const { one, ada } = await startTwo(engine);
	engine.isMute = true;
	const { sequence: had } = engine.newest;
	await one.sse.publish("all", "trimmed");
	await one.sse.publish("all", "kept");
	one.sse.leave({ client: "ada" }, "room");
	one.sse.join({ client: "ada" }, "hall");
	await one.sse.publish("all", "last");
	engine.trim(had + 1);
	engine.cut();
	engine.goOn();
	await eventually(() => !ada.groups.includes("room"), "the group to be left");
	expect(ada.groups).toEqual(["hall"]);
});

it("are carried out if they took the place of lost events, and no command is carried out twice", async () => {
	const engine = new MemoryEngine();
	const { one, late, ada } = await startTwo(engine);
	one.sse.join({ client: "ada" }, "before");
	await eventually(() => ada.groups.includes("before"), "the first command");
	// The log does not know of this.
	late.sse.leave({ connection: ada }, "before");
	const { sequence: joined } = engine.newest;
	await one.sse.publish("all", "lost");
	await eventually(() => engine.newest.sequence === joined + 1, "the event");
	engine.isMute = true;
	engine.forget(1);
	one.sse.join({ client: "ada" }, "behind");
	await eventually(() => engine.newest.sequence === joined + 1, "the second command");
	engine.cut();
	engine.goOn();
	await eventually(() => ada.groups.includes("behind"), "the second command");
	expect(ada.groups.toSorted()).toEqual(["behind", "room"]);
});

it("are carried out even if others store events while the log is read", async () => {
	const engine = new MemoryEngine();
	const driver = engine.driver.bind(engine);
	let onRead = async (): Promise<void> => {};
	engine.driver = () => {
		const own = driver();
		return { ...own, read: (...asked) => onRead().then(() => own.read(...asked)) };
	};
	const { one, ada } = await startTwo(engine);
	onRead = async () => {
		for (const data of ["while", "it", "reads"]) await one.sse.publish("all", data);
	};
	engine.isMute = true;
	const { sequence: had } = engine.newest;
	await one.sse.publish("all", "trimmed");
	one.sse.leave({ client: "ada" }, "room");
	await one.sse.publish("all", "last");
	engine.trim(had + 1);
	engine.cut();
	engine.goOn();
	await eventually(() => ada.groups.length === 0, "the group to be left");
});

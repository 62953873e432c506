/**
 * Groups that change while a stream is open: a history is correct if each event reaches the clients that are in its group at its
 * place in the log, and the checker finds it when it is not.
 */
import { describe, expect, it } from "vitest";
import { ADA, at, BOB, rightWorld, type World } from "./world.js";

const CLEO_GROUP = "green";
const OTHER_PROCESS = 1;
const OWN_PROCESS = 0;

/** An order for Bob to join a group, at 51, or to leave one. Nobody is in the group by default. */
function told(what: "join" | "leave", process = OTHER_PROCESS): World {
	const world = rightWorld();
	const id = world.tell(what, "bob", what === "join" ? CLEO_GROUP : "red", process);
	world.store(at(51), undefined, id);
	return world;
}

/**
 * Another process has Bob join a group, at 51; his own has him leave it at once, and the log has that at 52.
 *
 * @param isOnItsWay whether the first was under way when his stream opened
 */
function contradicted(isOnItsWay: boolean): World {
	const world = rightWorld();
	const open = (): void => {
		world.give(BOB, { kind: "closed" }, { kind: "opened", process: 0, lastId: at(50) });
		world.give(BOB, { kind: "id", position: at(50) });
	};
	if (!isOnItsWay) open();
	const join = world.tell("join", "bob", CLEO_GROUP);
	if (isOnItsWay) open();
	const leave = world.tell("leave", "bob", CLEO_GROUP, OWN_PROCESS);
	world.store(at(51), undefined, join);
	world.store(at(52), undefined, leave);
	return world;
}

/**
 * Bob has an order, as in `told`, behind him when he connects to another process.
 *
 * @param isChecked whether what all received until then is checked before he connects
 */
function openedPast(what: "join" | "leave", process: number, isChecked = false): World {
	const world = told(what, process);
	world.giveAll({ kind: "id", position: at(51) });
	if (isChecked) expect(world.check()).toEqual([]);
	world.give(BOB, { kind: "closed" }, { kind: "opened", process: 0, lastId: at(51) });
	return world;
}

/** Send one event to a group, to these readers. */
function send(
	world: World,
	sequence: number,
	group: string,
	to: Parameters<World["send"]>[2],
): void {
	world.send(1, at(sequence), { ...to, targets: [{ group }] });
}

describe("a history with changing groups is correct", () => {
	it("if a client that joined receives what is sent after the command", () => {
		for (const process of [OTHER_PROCESS, OWN_PROCESS]) {
			const world = told("join", process);
			const number = world.send(1, at(52), { targets: [{ group: CLEO_GROUP }] });
			world.give(BOB, { kind: "event", number, position: at(52) });
			world.giveAll({ kind: "id", position: at(52) });
			expect(world.check()).toEqual([]);
		}
	});

	it("if a client that left receives nothing sent after the command", () => {
		for (const process of [OTHER_PROCESS, OWN_PROCESS]) {
			const world = told("leave", process);
			send(world, 52, "red", { to: [ADA] });
			world.giveAll({ kind: "id", position: at(52) });
			expect(world.check()).toEqual([]);
		}
	});

	it("whether or not a process carries out its own command before the log delivers it", () => {
		for (const isGiven of [true, false]) {
			const world = rightWorld();
			const id = world.tell("join", "bob", CLEO_GROUP, OWN_PROCESS);
			const number = world.send(1, at(51), { targets: [{ group: CLEO_GROUP }] });
			if (isGiven) world.give(BOB, { kind: "event", number, position: at(51) });
			world.store(at(52), undefined, id);
			world.giveAll({ kind: "id", position: at(52) });
			expect(world.check()).toEqual([]);
		}
	});

	it("if a client that reconnects is in the groups of its request", () => {
		const world = told("leave");
		world.giveAll({ kind: "id", position: at(51) });
		expect(world.check()).toEqual([]);
		world.give(BOB, { kind: "closed" }, { kind: "opened", process: 0, lastId: at(51) });
		send(world, 52, "red", {});
		expect(world.check()).toEqual([]);
	});

	it("whether or not a command on its way applies to a stream that opens meanwhile", () => {
		for (const isGiven of [true, false]) {
			const world = rightWorld();
			const id = world.tell("join", "bob", CLEO_GROUP);
			world.give(BOB, { kind: "closed" }, { kind: "opened", process: 0, lastId: at(50) });
			world.store(at(51), undefined, id);
			const number = world.send(1, at(52), { targets: [{ group: CLEO_GROUP }] });
			if (isGiven) world.give(BOB, { kind: "event", number, position: at(52) });
			world.giveAll({ kind: "id", position: at(52) });
			expect(world.check()).toEqual([]);
		}
	});

	it("if a command on its way does not apply to a stream that opens past it", () => {
		for (const process of [OTHER_PROCESS, OWN_PROCESS]) {
			const world = openedPast("join", process);
			send(world, 52, CLEO_GROUP, {});
			world.giveAll({ kind: "id", position: at(52) });
			expect(world.check()).toEqual([]);
		}
	});

	it("whether or not it does after a gap, which leads such a stream back", () => {
		for (const isChecked of [true, false]) {
			for (const isGiven of [true, false]) {
				const world = openedPast("join", OTHER_PROCESS, isChecked);
				world.truth.losses.beginOutage(world.now);
				world.give(BOB, { kind: "gap", reason: "diverged", position: at(50) });
				const number = world.send(1, at(52), { targets: [{ group: CLEO_GROUP }] });
				if (isGiven) world.give(BOB, { kind: "event", number, position: at(52) });
				world.giveAll({ kind: "id", position: at(52) });
				expect(world.check()).toEqual([]);
			}
		}
	});

	it("also if the log has that command after a later one for the same group", () => {
		for (const isGiven of [true, false]) {
			const world = rightWorld();
			const leave = world.tell("leave", "bob", CLEO_GROUP);
			world.give(BOB, { kind: "closed" }, { kind: "opened", process: 0, lastId: at(50) });
			world.give(BOB, { kind: "id", position: at(50) });
			const join = world.tell("join", "bob", CLEO_GROUP);
			world.store(at(51), undefined, join);
			world.store(at(52), undefined, leave);
			const number = world.send(1, at(53), { targets: [{ group: CLEO_GROUP }] });
			if (isGiven) world.give(BOB, { kind: "event", number, position: at(53) });
			world.giveAll({ kind: "id", position: at(53) });
			expect(world.check()).toEqual([]);
		}
	});

	it("if a command of its own process wins over an older one of another process that arrives later", () => {
		for (const isOnItsWay of [true, false]) {
			const world = contradicted(isOnItsWay);
			send(world, 53, CLEO_GROUP, {});
			world.giveAll({ kind: "id", position: at(53) });
			expect(world.check()).toEqual([]);
		}
	});

	it("whether or not its own process's command, on its way when the stream opened, is repeated after an older one", () => {
		for (const isGiven of [true, false]) {
			const world = rightWorld();
			const join = world.tell("join", "bob", CLEO_GROUP, OWN_PROCESS);
			world.give(BOB, { kind: "closed" }, { kind: "opened", process: 0, lastId: at(50) });
			world.give(BOB, { kind: "id", position: at(50) });
			const leave = world.tell("leave", "bob", CLEO_GROUP);
			world.store(at(51), undefined, leave);
			const number = world.send(1, at(52), { targets: [{ group: CLEO_GROUP }] });
			if (isGiven) world.give(BOB, { kind: "event", number, position: at(52) });
			world.store(at(53), undefined, join);
			world.giveAll({ kind: "id", position: at(53) });
			expect(world.check()).toEqual([]);
		}
	});

	it("whether or not a command that was trimmed while the process was cut off is carried out", () => {
		const world = told("join");
		world.send(1, at(52), { targets: [{ client: "nobody" }] });
		world.trim(52);
		world.gapForAll("expired", at(52));
		send(world, 53, CLEO_GROUP, { to: [] });
		world.giveAll({ kind: "id", position: at(53) });
		expect(world.check()).toEqual([]);
	});

	it("whether or not a command that was removed unread was in the log", () => {
		for (const what of ["join", "leave"] as const) {
			for (const isGiven of [true, false]) {
				const world = rightWorld();
				const group = what === "join" ? CLEO_GROUP : "red";
				const id = world.tell(what, "bob", group);
				world.read();
				world.store(at(51), undefined, id);
				world.trimUnread(51);
				const number = world.send(1, at(52), { to: [], targets: [{ group }] });
				const event = { kind: "event", number, position: at(52) } as const;
				if (what === "leave") world.give(ADA, event);
				if (isGiven) world.give(BOB, event);
				world.giveAll({ kind: "id", position: at(52) });
				expect(world.check()).toEqual([]);
			}
		}
	});
});

describe("of changing groups, the checker finds:", () => {
	it("a process that lets an older command of another one undo its own", () => {
		for (const isOnItsWay of [true, false]) {
			const world = contradicted(isOnItsWay);
			const number = world.send(1, at(53), { targets: [{ group: CLEO_GROUP }] });
			world.give(BOB, { kind: "event", number, position: at(53) });
			expect(world.rules()).toEqual(["foreign"]);
		}
	});

	it("a client that joined and does not receive what follows", () => {
		for (const process of [OTHER_PROCESS, OWN_PROCESS]) {
			const world = told("join", process);
			send(world, 52, CLEO_GROUP, { to: [] });
			world.giveAll({ kind: "id", position: at(52) });
			expect(world.rules()).toEqual(["missed"]);
		}
	});

	it("a client that left and receives what follows", () => {
		for (const process of [OTHER_PROCESS, OWN_PROCESS]) {
			const world = told("leave", process);
			send(world, 52, "red", { to: [ADA, BOB] });
			expect(world.rules()).toEqual(["foreign"]);
		}
	});

	it("a process that carries out a command on a stream that opened past it", () => {
		for (const isChecked of [true, false]) {
			const joined = openedPast("join", OTHER_PROCESS, isChecked);
			const number = joined.send(1, at(52), { targets: [{ group: CLEO_GROUP }] });
			joined.give(BOB, { kind: "event", number, position: at(52) });
			expect(joined.rules()).toEqual(["foreign"]);
			const left = openedPast("leave", OTHER_PROCESS, isChecked);
			send(left, 52, "red", { to: [ADA] });
			left.giveAll({ kind: "id", position: at(52) });
			expect(left.rules()).toEqual(["missed"]);
		}
	});

	it("a client that receives events from before another process's command", () => {
		const world = rightWorld();
		const id = world.tell("join", "bob", CLEO_GROUP);
		const number = world.send(1, at(51), { targets: [{ group: CLEO_GROUP }] });
		world.give(BOB, { kind: "event", number, position: at(51) });
		world.store(at(52), undefined, id);
		world.giveAll({ kind: "id", position: at(52) });
		expect(world.rules()).toEqual(["foreign"]);
	});

	it("a client that receives what follows a command that is not in the log", () => {
		const world = rightWorld();
		world.tell("join", "bob", CLEO_GROUP);
		const number = world.send(1, at(51), { targets: [{ group: CLEO_GROUP }] });
		world.give(BOB, { kind: "event", number, position: at(51) });
		world.giveAll({ kind: "id", position: at(51) });
		expect(world.rules()).toEqual(["foreign"]);
	});

	it("a client instead of which another one joined", () => {
		const world = told("join");
		const number = world.send(1, at(52), { targets: [{ group: CLEO_GROUP }] });
		world.give(BOB, { kind: "event", number, position: at(52) });
		world.give(ADA, { kind: "event", number, position: at(52) });
		const found = world.check();
		expect(found.map(({ rule, reader }) => [rule, reader])).toEqual([["foreign", "ada"]]);
	});

	it("a process that ignores a command that it finds in the log after a gap", () => {
		const world = told("join");
		world.trim(45);
		world.gapForAll("expired", at(51));
		send(world, 52, CLEO_GROUP, { to: [] });
		world.giveAll({ kind: "id", position: at(52) });
		expect(world.rules()).toContain("missed");
	});
});

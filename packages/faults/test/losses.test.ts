/**
 * What a log loses: a history is right with a gap in its place, and the checker finds it when there is none.
 */
import { describe, expect, it } from "vitest";
import { ADA, at, BOB, DORA, rightWorld, World } from "./world.js";

const STATE = { group: "state" };

describe("a history with losses", () => {
	it("is correct with a gap for each", () => {
		const world = rightWorld();
		// Trimmed while nobody was there.
		world.send(50, at(51), { to: [] });
		world.trim(90);
		world.gapForAll("expired", at(100));
		world.send(20, at(101));
		// Lost though acknowledged, and others in their places.
		world.cut(110);
		world.gapForAll("diverged", at(112, "one", "other1"));
		world.send(2, at(111, "one", "other"), { to: [] });
		world.send(10, at(113, "one", "more"));
		world.wipe();
		world.gapForAll("epoch", at(0, "two", "0"));
		world.send(10, at(1, "two"));
		expect(world.check()).toEqual([]);
	});

	it("is correct for clients that had none of the lost events, with or without a gap", () => {
		const world = rightWorld();
		world.send(5, at(51), { to: [ADA], targets: ["all"] });
		world.cut(50);
		world.send(5, at(51, "one", "other"), { to: [BOB], targets: [{ client: "bob" }] });
		for (const reader of [ADA, DORA]) {
			world.give(reader, { kind: "gap", reason: "diverged", position: at(55, "one", "other4") });
		}
		world.send(5, at(56, "one", "more"));
		expect(world.check()).toEqual([]);
	});

	it("is correct if recover covers the loss", () => {
		const world = rightWorld();
		world.cut(40);
		world.send(10, at(41, "one", "other"), { to: [] });
		const recovered = { kind: "recovered", reason: "diverged", from: at(50) } as const;
		for (const reader of [ADA, BOB]) {
			world.give(reader, recovered, { kind: "id", position: at(50, "one", "other9") });
		}
		world.send(10, at(51, "one", "more"), { to: [ADA, BOB] });
		expect(world.check()).toEqual([]);
	});

	it("is correct with lost events, however late they are read from a socket", () => {
		const world = rightWorld();
		world.send(5, at(51), { targets: ["all"], to: [] });
		world.cut(50);
		world.send(10, at(51, "one", "other"), { to: [], targets: ["all"] });
		for (const reader of [ADA, BOB]) {
			for (const number of [51, 52, 53, 54, 55]) {
				world.give(reader, { kind: "event", number, position: at(number) });
			}
			world.give(reader, { kind: "gap", reason: "diverged", position: at(60, "one", "other9") });
		}
		world.send(10, at(61, "one", "more"), { to: [ADA, BOB], targets: ["all"] });
		expect(world.check()).toEqual([]);
	});

	it("is correct with events that were lost before they were read, known only from receipts", () => {
		const world = rightWorld();
		world.read();
		world.send(5, at(51), { targets: ["all"], to: [ADA] });
		world.cutUnread(50);
		world.send(5, at(51, "one", "other"), { targets: ["all"], to: [BOB] });
		world.give(ADA, { kind: "gap", reason: "diverged", position: at(55, "one", "other4") });
		world.send(5, at(56, "one", "more"), { targets: ["all"], to: [ADA, BOB] });
		expect(world.check()).toEqual([]);
	});

	it("is correct with an event that is stored again after its loss", () => {
		const world = rightWorld();
		const number = world.send(1, at(51), { targets: ["all"] });
		world.cut(50);
		world.send(1, at(51, "one", "other"), { to: [] });
		world.store(at(52, "one", "again"), number);
		world.gapForAll("diverged", at(51, "one", "other0"));
		world.giveAll({ kind: "event", number, position: at(52, "one", "again") });
		expect(world.check()).toEqual([]);
		world.wipe();
		world.gapForAll("epoch", at(0, "two", "0"));
		world.store(at(1, "two"), number);
		world.giveAll({ kind: "event", number, position: at(1, "two") });
		expect(world.check()).toEqual([]);
	});

	it("is correct with an event stored again at the same position, if all before it are the same", () => {
		const world = rightWorld();
		const number = world.send(1, at(51), { targets: ["all"] });
		world.cut(50);
		world.store(at(51), number);
		world.send(5, at(52));
		expect(world.check()).toEqual([]);
	});

	it("is correct with one gap for clients that had the event stored again, if later ones are lost", () => {
		const world = storedAgain(3);
		world.give(BOB, { kind: "gap", reason: "diverged", position: at(54, "one", "other2") });
		expect(world.check()).toEqual([]);
		world.give(BOB, { kind: "gap", reason: "diverged", position: at(54, "one", "other2") });
		expect(world.rules()).toEqual(["gap"]);
	});
});

/** Everyone had an event that was lost, and is stored again in its place. So many behind it are lost for good. */
function storedAgain(lost: number): World {
	const world = rightWorld();
	const nobody = { targets: [{ client: "nobody" }] };
	const number = world.send(1, at(51), { targets: ["all"] });
	world.send(lost, at(52), nobody);
	world.cut(50);
	world.store(at(51), number);
	world.send(3, at(52, "one", "other"), nobody);
	return world;
}

describe("of losses, the checker finds:", () => {
	it("a gap for clients that had the event stored again, if nothing after it is lost", () => {
		const world = storedAgain(0);
		world.give(BOB, { kind: "gap", reason: "diverged", position: at(54, "one", "other2") });
		expect(world.rules()).toEqual(["gap"]);
	});

	it("an event stored again at the same position, after different events", () => {
		const world = rightWorld();
		world.send(1, at(51), { targets: ["all"] });
		const again = world.send(1, at(52), { targets: ["all"], isAcknowledged: false });
		world.cut(50);
		world.send(1, at(51, "one", "new"), { targets: ["all"], to: [] });
		world.store(at(52), again);
		// By its position it is where it was.
		world.send(1, at(53), { targets: ["all"], to: [BOB] });
		expect(world.rules()).toEqual(["continuity"]);
	});

	it("the same if the loss comes after the reader was found correct", () => {
		const world = rightWorld();
		world.send(1, at(51), { targets: ["all"] });
		const again = world.send(1, at(52), { targets: ["all"] });
		expect(world.check()).toEqual([]);
		world.cut(50);
		world.send(1, at(51, "one", "new"), { targets: ["all"], to: [] });
		world.store(at(52), again);
		world.send(1, at(53), { targets: ["all"], to: [BOB] });
		expect(world.rules()).toEqual(["continuity"]);
	});

	it("a recover without a loss", () => {
		const world = rightWorld();
		world.send(10, at(51), { to: [] });
		const recovered = { kind: "recovered", reason: "diverged", from: at(50) } as const;
		world.give(BOB, recovered, { kind: "id", position: at(60) });
		expect(world.rules()).toEqual(["gap"]);
	});

	it("a recover with a position that the client does not have", () => {
		const world = rightWorld();
		world.send(10, at(51), { to: [] });
		world.trim(58);
		const recovered = { kind: "recovered", reason: "expired", from: at(57) } as const;
		world.give(BOB, recovered, { kind: "id", position: at(60) });
		expect(world.rules()).toEqual(["missed"]);
	});

	it("a position after a loss without a gap or recover", () => {
		const world = rightWorld();
		world.cut(40);
		world.send(10, at(41, "one", "other"), { to: [] });
		const recovered = { kind: "recovered", reason: "diverged", from: at(50) } as const;
		world.give(BOB, recovered, { kind: "closed" }, { kind: "opened", process: 0, lastId: at(50) });
		world.give(BOB, { kind: "id", position: at(50, "one", "other9") });
		expect(world.rules()).toEqual(["continuity"]);
	});

	it("a log that lost events of a client and continues without a gap", () => {
		const world = rightWorld();
		world.cut(40);
		world.send(10, at(41, "one", "other"), { to: [] });
		world.send(5, at(51), { to: [BOB] });
		expect(world.rules()).toEqual(["continuity"]);
	});

	it("the same position of a log that lost events of a client, without a gap", () => {
		const world = rightWorld();
		world.cut(40);
		world.send(10, at(41, "one", "other"), { to: [] });
		world.give(BOB, { kind: "id", position: at(50, "one", "other9") });
		expect(world.rules()).toEqual(["continuity"]);
	});

	it("a second loss, after which a client continues without a gap", () => {
		const world = rightWorld();
		world.cut(50);
		world.send(5, at(51, "one", "late"), { to: [BOB], targets: ["all"] });
		world.cut(55);
		world.send(1, at(56, "one", "later"), { to: [BOB], targets: ["all"] });
		expect(world.check()).toEqual([]);
		world.cut(55);
		world.send(2, at(56, "one", "last"), { to: [], targets: ["all"] });
		world.send(1, at(58, "one", "end"), { to: [BOB], targets: ["all"] });
		expect(world.rules()).toEqual(["continuity"]);
	});

	it("an event that survived and that one client did not receive, although others received it late", () => {
		const world = rightWorld();
		world.cut(50);
		world.send(5, at(51), { isAcknowledged: false, targets: ["all"], to: [ADA] });
		world.send(5, at(56), { targets: ["all"], to: [ADA, BOB] });
		expect(world.rules()).toEqual(["missed"]);
	});

	it("two entries at one position, after a loss", () => {
		const world = rightWorld();
		world.cut(50);
		world.send(5, at(51), { targets: [{ client: "nobody" }] });
		expect(world.check()).toEqual([]);
		world.give(BOB, { kind: "id", position: at(55, "one", "another") });
		expect(world.rules()).toContain("log");
	});

	it("an event that is stored twice, after a loss", () => {
		const world = rightWorld();
		world.cut(50);
		const number = world.send(1, at(51), { targets: [{ client: "nobody" }] });
		world.store(at(52), number);
		expect(world.rules()).toEqual(["log"]);
	});

	it("a new log in which a client continues without a gap", () => {
		const world = rightWorld();
		world.wipe();
		world.send(49, at(1, "two"), { to: [] });
		world.give(ADA, { kind: "gap", reason: "epoch", position: at(49, "two") });
		world.send(10, at(50, "two"), { targets: ["all"], to: [ADA, BOB] });
		expect(world.rules()).toEqual(["continuity"]);
	});

	it("a hole without a gap", () => {
		const world = rightWorld();
		world.send(50, at(51), { to: [] });
		world.trim(90);
		world.send(5, at(101));
		expect(world.rules()).toEqual(["missed"]);
	});
});

describe("a gap", () => {
	it("whose id is too early is found: some of what follows is missing", () => {
		const world = rightWorld();
		world.send(50, at(51), { to: [] });
		world.trim(90);
		world.gapForAll("expired", at(80));
		world.send(6, at(101));
		expect(world.rules()).toEqual(["missed"]);
	});

	it("whose id is before what was received is found", () => {
		const world = rightWorld();
		world.trim(50);
		world.gapForAll("expired", at(30));
		expect(world.rules()).toEqual(["gap"]);
	});

	it("is found when nothing was lost", () => {
		for (const reason of ["expired", "diverged", "epoch", "invalid", "slow"]) {
			const world = rightWorld();
			world.trim(10);
			world.gapForAll(reason, at(50));
			expect(world.rules()).toEqual(["gap"]);
		}
	});

	it("is found when it comes a second time for one loss", () => {
		const world = rightWorld();
		world.send(5, at(51), { to: [ADA], targets: ["all"] });
		world.cut(50);
		world.gapForAll("diverged", at(50));
		expect(world.check()).toEqual([]);
		world.send(1, at(51, "one", "other"), { to: [], targets: ["all"] });
		world.gapForAll("diverged", at(51, "one", "other0"));
		expect(world.rules()).toEqual(["gap"]);
	});

	it("is found when its loss was long before", () => {
		const world = rightWorld();
		world.cut(50);
		world.send(12, at(51, "one", "other"));
		expect(world.check()).toEqual([]);
		world.gapForAll("diverged", at(62, "one", "other11"));
		expect(world.rules()).toEqual(["gap"]);
	});

	it("is found for a client whose next event is still kept", () => {
		for (const [count, rules] of [
			[99, ["gap"]],
			[100, []],
		] as const) {
			const world = new World(100);
			world.giveAll({ kind: "id", position: at(0, "one", "0") });
			world.send(count, at(1), { to: [] });
			world.gapForAll("expired", at(count));
			expect(world.rules()).toEqual(rules);
		}
	});

	it("of a process that is behind its client goes back, and is right only while that is possible", () => {
		for (const [time, sequence, rules] of [
			[5_000, 45, []],
			[60_000, 45, ["gap"]],
			[5_000, 50, ["gap"]],
		] as const) {
			const world = rightWorld();
			world.truth.losses.beginOutage(0);
			world.truth.losses.endOutages(1);
			const position = at(sequence);
			world.of(BOB).push({ kind: "gap", reason: "diverged", position, at: time });
			expect(world.rules()).toEqual(rules);
		}
	});

	it("with a reason that does not match its loss is found", () => {
		const lost = rightWorld();
		lost.cut(40);
		lost.gapForAll("expired", at(40));
		expect(lost.rules()).toEqual(["gap"]);
		const trimmed = rightWorld();
		trimmed.trim(50);
		trimmed.gapForAll("diverged", at(50));
		expect(trimmed.rules()).toEqual(["gap"]);
	});
});

describe("the newest event of each key", () => {
	/** Three events of one key to a target. The reader receives those that are named. */
	const sendThree = (
		world: World,
		target: typeof STATE | "all",
		given: readonly number[],
	): void => {
		for (const sequence of [51, 52, 53]) {
			const to = given.includes(sequence) ? [DORA] : [];
			world.send(1, at(sequence), { targets: [target], to, key: "key" });
		}
	};

	for (const target of [STATE, "all"] as const) {
		it(`is enough (${JSON.stringify(target)})`, () => {
			const world = rightWorld();
			sendThree(world, target, [53]);
			world.give(DORA, { kind: "id", position: at(53) });
			expect(world.check().filter(({ reader }) => reader === "dora")).toEqual([]);
		});

		it(`is found missing for a client that has an older one, or none (${JSON.stringify(target)})`, () => {
			for (const given of [[52], []]) {
				const world = rightWorld();
				sendThree(world, target, given);
				world.give(DORA, { kind: "id", position: at(53) });
				expect(world.rules()).toContain("missed");
			}
		});

		it(`may still be on its way to a client (${JSON.stringify(target)})`, () => {
			const world = rightWorld();
			sendThree(world, target, [51]);
			world.give(DORA, { kind: "id", position: at(52) });
			expect(world.check().filter(({ reader }) => reader === "dora")).toEqual([]);
		});

		it(`is lost while a client continues without an older one (${JSON.stringify(target)})`, () => {
			const world = rightWorld();
			sendThree(world, target, []);
			// A replay that leaves out the first two, and breaks before the third.
			world.give(DORA, { kind: "id", position: at(52) });
			world.cut(52);
			world.send(1, at(53, "one", "new"), { targets: [{ client: "dora" }], to: [DORA] });
			const found = world.check().filter(({ reader }) => reader === "dora");
			expect(found[0]?.rule).toBe("continuity");
		});
	}

	it("of one target does not count for another", () => {
		const world = rightWorld();
		world.send(1, at(51), { targets: [{ client: "dora" }], to: [], key: "key" });
		world.send(1, at(52), { targets: ["all"], key: "key" });
		expect(world.rules()).toEqual(["missed"]);
	});

	it("must be sent to a client that joins its group", () => {
		for (const [given, rules] of [
			[[53], []],
			[[52], ["state"]],
			[[], ["state"]],
		] as const) {
			const world = rightWorld();
			sendThree(world, STATE, []);
			world.trim(53);
			world.give(DORA, { kind: "gap", reason: "expired", position: at(53), isPartial: true });
			for (const number of given) world.give(DORA, { kind: "state", number });
			world.give(DORA, { kind: "id", position: at(53) });
			expect(world.rules()).toEqual(rules);
		}
	});

	it("replaces an older one, even if the log lost it before it was read", () => {
		for (const [key, rules] of [
			["key", []],
			["another", ["missed", "state"]],
		] as const) {
			const world = rightWorld();
			world.send(1, at(51), { targets: [STATE], to: [], key: "key" });
			world.read();
			world.send(1, at(52), { targets: [STATE], to: [], key });
			world.trimUnread(52);
			world.send(1, at(53), { targets: [{ client: "ada" }] });
			// Its process has left out the first for the second, which is on its way.
			world.give(DORA, { kind: "id", position: at(51) });
			expect(world.rules()).toEqual(rules);
		}
	});

	// It is stored between the last read and the wipe.
	it("replaces an older one, even if the whole log was lost before it was read", () => {
		for (const isAcknowledged of [true, false]) {
			for (const [key, rules] of [
				["key", []],
				["another", ["missed", "state"]],
			] as const) {
				const world = rightWorld();
				world.send(1, at(51), { targets: [STATE], to: [], key: "key" });
				world.send(1, at(52), { targets: ["all"] });
				world.read();
				world.send(1, at(53), { targets: [STATE], to: [], key, isAcknowledged });
				world.wipeUnread();
				expect(world.rules()).toEqual(rules);
			}
		}
	});

	it("may be one that the log lost before it was read", () => {
		for (const [given, rules] of [
			[[53], []],
			[[51], ["state"]],
			[[], ["state"]],
		] as const) {
			const world = rightWorld();
			for (const sequence of [51, 52, 53]) {
				world.send(1, at(sequence), { targets: [STATE], to: [], key: "key" });
				if (sequence < 53) world.read();
			}
			world.trimUnread(53);
			world.give(DORA, { kind: "gap", reason: "expired", position: at(53), isPartial: true });
			for (const number of given) world.give(DORA, { kind: "state", number });
			world.give(DORA, { kind: "id", position: at(53) });
			expect(world.rules()).toEqual(rules);
		}
	});

	it("does not exist for events without a key", () => {
		const world = rightWorld();
		world.give(DORA, { kind: "state", number: 1 });
		expect(world.rules()).toEqual(["unknown"]);
	});
});

/**
 * The checker is a test of what it is given, and this is the test of the checker: whatever is planted in a history that is right
 * must be found.
 */
import { describe, expect, it } from "vitest";
import { Checker } from "../src/checker.js";
import type { Position } from "../src/position.js";
import type { Rule, Violation } from "../src/reading.js";
import type { Reader, Received, Target } from "../src/received.js";
import { isFor, STATE_GROUP } from "../src/received.js";
import { Truth } from "../src/truth.js";

const READERS: readonly Reader[] = [
	{ name: "ada", clientId: "ada", groups: ["red"] },
	{ name: "ada's other", clientId: "ada", groups: ["blue"] },
	{ name: "bob", clientId: "bob", groups: ["red", "blue"] },
	{ name: "cleo", clientId: "cleo", groups: [] },
];
const [ADA, , BOB] = READERS as readonly [Reader, Reader, Reader, Reader];

const TARGETS: readonly Target[] = [
	"all",
	{ group: "red" },
	{ client: "ada" },
	{ group: "blue" },
	{ client: "ada", group: "red" },
];

function at(sequence: number, epoch = "one", tag = `${epoch}${sequence}`): Position {
	return { epoch, sequence, tag };
}

/** A log, and those who read it. */
class World {
	readonly truth: Truth;
	readonly #checker: Checker;
	readonly received = new Map<Reader, Received[]>(READERS.map((reader) => [reader, []]));
	#numbers = 0;
	#time = 0;

	/** @param maxEvents how many the engine keeps */
	constructor(maxEvents = Infinity) {
		this.truth = new Truth(maxEvents);
		this.#checker = new Checker(this.truth);
	}

	/** Send so many, to the targets in turn, and give them to whom they are for. `from`: the position of the first */
	send(
		count: number,
		from: Position,
		{ isAcknowledged = true, to = READERS, targets = TARGETS } = {},
	): void {
		for (let index = 0; index < count; index++) {
			const number = ++this.#numbers;
			const target = targets[index % targets.length] ?? "all";
			const { epoch, sequence } = from;
			const isPlain = from.tag === at(sequence, epoch).tag;
			const position = isPlain
				? at(sequence + index, epoch)
				: at(sequence + index, epoch, `${from.tag}${index}`);
			this.truth.send(number, target, ++this.#time);
			if (isAcknowledged)
				expect(this.truth.acknowledge(number, position, this.now)).toBeUndefined();
			for (const reader of to) {
				if (isFor(target, reader)) this.give(reader, { kind: "event", number, position });
			}
		}
	}

	give(reader: Reader, ...received: readonly Untimed[]): void {
		for (const each of received) this.of(reader).push({ ...each, at: ++this.#time });
	}

	giveAll(received: Untimed): void {
		for (const reader of READERS) this.give(reader, received);
	}

	gapForAll(reason: string, position: Position): void {
		this.giveAll({ kind: "gap", reason, position });
	}

	of(reader: Reader): Received[] {
		return this.received.get(reader) ?? [];
	}

	get now(): number {
		return ++this.#time;
	}

	check(upTo?: Position): readonly Violation[] {
		const violations = this.#checker.check(this.received, upTo);
		for (const all of this.received.values()) all.length = 0;
		return violations;
	}
}

type Untimed = Received extends infer Each
	? Each extends Received
		? Omit<Each, "at">
		: never
	: never;

/** Everything there is, with every kind of loss, as it must be told. */
function rightWorld(): World {
	const world = new World();
	world.giveAll({ kind: "opened", process: 0, lastId: undefined });
	world.giveAll({ kind: "id", position: at(0, "one", "0") });
	world.send(50, at(1));
	return world;
}

function rulesOf(violations: readonly Violation[]): Rule[] {
	return [...new Set(violations.map(({ rule }) => rule))];
}

describe("a history that is right", () => {
	it("passes, whoever comes and goes", () => {
		const world = rightWorld();
		world.giveAll({ kind: "closed" });
		world.giveAll({ kind: "opened", process: 1, lastId: at(50) });
		world.send(50, at(51));
		world.giveAll({ kind: "id", position: at(100) });
		expect(world.check()).toEqual([]);
		world.send(10, at(101));
		expect(world.check()).toEqual([]);
	});

	it("passes with what was lost, and a gap in its place", () => {
		const world = rightWorld();
		// Trimmed while nobody was there.
		world.send(50, at(51), { to: [] });
		world.truth.trim(90, world.now);
		world.gapForAll("expired", at(100));
		world.send(20, at(101));
		// Lost though acknowledged, and given again.
		world.truth.cut(110, world.now);
		world.gapForAll("diverged", at(112, "one", "other1"));
		world.send(2, at(111, "one", "other"), { to: [] });
		world.send(10, at(113, "one", "more"));
		world.truth.wipe();
		world.gapForAll("epoch", at(0, "two", "0"));
		world.send(10, at(1, "two"));
		expect(world.check()).toEqual([]);
	});

	it("passes with events that nobody acknowledged, and all were sent", () => {
		const world = rightWorld();
		world.send(10, at(51), { isAcknowledged: false });
		world.send(10, at(61));
		expect(world.check()).toEqual([]);
	});

	it("passes with an event that nobody acknowledged, which was lost and stored again", () => {
		const world = rightWorld();
		world.truth.send(1_000, "all", world.now);
		// It is known only later that they were sent it.
		world.giveAll({ kind: "event", number: 1_000, position: at(51) });
		world.truth.cut(50, world.now);
		world.send(1, at(51, "one", "other"), { to: [] });
		world.truth.acknowledge(1_000, at(52, "one", "again"), world.now);
		world.gapForAll("diverged", at(51, "one", "other0"));
		world.giveAll({ kind: "event", number: 1_000, position: at(52, "one", "again") });
		expect(world.check()).toEqual([]);
	});

	it("passes with a repeated idempotency key of an event that is gone", () => {
		const world = rightWorld();
		const repeat = (): string | undefined =>
			world.truth.acknowledge(10, at(10, "one", "0"), world.now);
		world.truth.trim(10, world.now);
		expect(repeat()).toBeUndefined();
		expect(world.check()).toEqual([]);
	});

	it("passes with an event that is stored again after a loss", () => {
		const world = rightWorld();
		world.truth.send(1_000, "all", world.now);
		world.giveAll({ kind: "event", number: 1_000, position: at(51) });
		world.check();
		world.truth.wipe();
		world.gapForAll("epoch", at(0, "two", "0"));
		world.truth.acknowledge(1_000, at(1, "two"), world.now);
		world.giveAll({ kind: "event", number: 1_000, position: at(1, "two") });
		expect(world.check()).toEqual([]);
	});
});

describe("the newest event of each key", () => {
	const DORA: Reader = { name: "dora", clientId: "dora", groups: [STATE_GROUP] };

	/** Three events of one key, of which DORA is sent what `give` says. */
	const check = (give: (world: World, numbers: readonly number[]) => void): Rule[] => {
		const world = new World();
		world.received.set(DORA, []);
		world.give(DORA, { kind: "id", position: at(0, "one", "0") });
		const numbers = [1, 2, 3].map((number) => 1_000 + number);
		for (const [index, number] of numbers.entries()) {
			world.truth.send(number, { group: STATE_GROUP }, world.now, "key");
			world.truth.acknowledge(number, at(index + 1), world.now);
		}
		give(world, numbers);
		world.give(DORA, { kind: "id", position: at(3) });
		return rulesOf(world.check(at(3)));
	};

	it("is enough", () => {
		const given = check((world, [, , newest = 0]) =>
			world.give(DORA, { kind: "event", number: newest, position: at(3) }),
		);
		expect(given).toEqual([]);
		const told = check((world, [, , newest = 0]) =>
			world.give(DORA, { kind: "state", number: newest }),
		);
		expect(told).toEqual([]);
	});

	it("is missed by one who has an older one, or none", () => {
		const older = check((world, [, old = 0]) =>
			world.give(DORA, { kind: "event", number: old, position: at(2) }),
		);
		expect(older).toEqual(["state"]);
		expect(check(() => {})).toEqual(["state"]);
	});

	it("is not one of those without a key", () => {
		const other = check((world, [, , newest = 0]) => {
			world.truth.send(1, "all", world.now);
			world.give(DORA, { kind: "state", number: newest }, { kind: "state", number: 1 });
		});
		expect(other).toEqual(["unknown"]);
	});
});

describe("what is planted is found:", () => {
	/** Change what one was sent. */
	const planted = (change: (received: Received[], world: World) => void): Rule[] => {
		const world = rightWorld();
		change(world.of(BOB), world);
		world.giveAll({ kind: "id", position: at(50) });
		return rulesOf(world.check());
	};

	it("an event that one was not sent", () => {
		expect(planted((received) => received.splice(10, 1))).toEqual(["missed"]);
	});

	it("the last event, which one was not sent", () => {
		const world = rightWorld();
		world.send(1, at(51), { targets: ["all"], to: [ADA] });
		world.giveAll({ kind: "id", position: at(51) });
		expect(rulesOf(world.check())).toEqual(["missed"]);
	});

	it("an event that was acknowledged, and nobody was sent", () => {
		const world = rightWorld();
		world.send(1, at(51), { targets: ["all"], to: [] });
		world.send(1, at(52), { targets: ["all"] });
		const violations = world.check();
		expect(rulesOf(violations)).toEqual(["missed"]);
		expect(violations).toHaveLength(READERS.length);
	});

	it("an event that was not acknowledged, and only some were sent", () => {
		const world = rightWorld();
		world.send(1, at(51), { targets: ["all"], to: [ADA], isAcknowledged: false });
		world.send(1, at(52), { targets: ["all"] });
		expect(rulesOf(world.check())).toEqual(["missed"]);
	});

	it("an event that one was sent twice", () => {
		const twice = planted((received) => received.splice(11, 0, ...received.slice(10, 11)));
		expect(twice).toEqual(["twice"]);
	});

	it("an event that is stored twice", () => {
		const world = rightWorld();
		world.truth.send(1_000, "all", world.now);
		world.truth.acknowledge(1_000, at(51), world.now);
		world.giveAll({ kind: "event", number: 1_000, position: at(51) });
		world.giveAll({ kind: "event", number: 1_000, position: at(52) });
		expect(rulesOf(world.check())).toEqual(["log"]);
	});

	it("two events the other way round", () => {
		const swapped = planted((received) => {
			const [one, other] = received.slice(10, 12) as [Received, Received];
			received.splice(10, 2, other, one);
		});
		expect(swapped).toEqual(["missed", "order"]);
	});

	it("two events with each other's ids", () => {
		const swapped = planted((received) => {
			const [one, other] = received.slice(10, 12) as [Received, Received];
			if (one.kind !== "event" || other.kind !== "event") throw new Error("no events");
			received.splice(10, 2, { ...one, number: other.number }, { ...other, number: one.number });
		});
		expect(swapped).toContain("log");
	});

	it("an event of others", () => {
		const world = rightWorld();
		world.send(1, at(51), { targets: [{ client: "ada" }] });
		world.give(BOB, { kind: "event", number: 51, position: at(51) });
		expect(rulesOf(world.check())).toEqual(["foreign"]);
	});

	it("an event that nobody sent", () => {
		const world = rightWorld();
		world.give(BOB, { kind: "event", number: 1_000, position: at(51) });
		expect(rulesOf(world.check())).toEqual(["unknown"]);
	});

	it("an event of another log in the same place", () => {
		const another = planted((received) => {
			const one = received[10];
			if (one?.kind !== "event") throw new Error("no event");
			received[10] = { ...one, position: { ...one.position, tag: "another" } };
		});
		expect(another).toContain("log");
	});

	it("another log, which one goes on in without a gap", () => {
		const world = rightWorld();
		world.truth.wipe();
		world.give(ADA, { kind: "gap", reason: "epoch", position: at(49, "two") });
		world.send(10, at(50, "two"), { targets: ["all"], to: [ADA, BOB] });
		expect(rulesOf(world.check())).toEqual(["continuity"]);
	});

	it("a log that lost what one had, which goes on without a gap", () => {
		const world = rightWorld();
		world.truth.cut(40, world.now);
		world.send(10, at(41, "one", "other"), { to: [] });
		// As if a place were known by its number.
		world.send(5, at(51), { to: [BOB] });
		expect(rulesOf(world.check())).toEqual(["continuity"]);
	});

	it("the same place of a log that lost what one had, without a gap", () => {
		const world = rightWorld();
		world.truth.cut(40, world.now);
		world.send(10, at(41, "one", "other"), { to: [] });
		world.give(BOB, { kind: "id", position: at(50, "one", "other9") });
		expect(rulesOf(world.check())).toEqual(["continuity"]);
	});

	it("a hole without a gap", () => {
		const world = rightWorld();
		world.send(50, at(51), { to: [] });
		world.truth.trim(90, world.now);
		world.send(5, at(101));
		expect(rulesOf(world.check())).toEqual(["missed"]);
	});

	it("a gap whose id is too early: what follows is not all there", () => {
		const world = rightWorld();
		world.send(50, at(51), { to: [] });
		world.truth.trim(90, world.now);
		world.gapForAll("expired", at(80));
		world.send(5, at(101));
		expect(rulesOf(world.check())).toEqual(["missed"]);
	});

	it("a gap whose id is too early: before what was received", () => {
		const world = rightWorld();
		world.truth.trim(90, world.now);
		world.gapForAll("expired", at(30));
		expect(rulesOf(world.check())).toEqual(["gap"]);
	});

	it("a gap though nothing was lost", () => {
		for (const reason of ["expired", "diverged", "epoch", "invalid", "slow"]) {
			const world = rightWorld();
			world.truth.trim(10, world.now);
			world.gapForAll(reason, at(50));
			expect(rulesOf(world.check())).toEqual(["gap"]);
		}
	});

	it("a gap for one whose next event is kept still", () => {
		for (const [count, rules] of [
			[99, ["gap"]],
			[100, []],
		] as const) {
			const world = new World(100);
			world.giveAll({ kind: "id", position: at(0, "one", "0") });
			world.send(count, at(1), { to: [] });
			world.gapForAll("expired", at(count));
			expect(rulesOf(world.check())).toEqual(rules);
		}
	});

	it("a gap that says of a process that it was behind, long after it was", () => {
		const world = rightWorld();
		world.truth.losses.beginOutage(0);
		world.truth.losses.endOutages(1);
		for (const [time, rules] of [
			[5_000, []],
			[60_000, ["gap"]],
		] as const) {
			world.of(BOB).push({ kind: "gap", reason: "diverged", position: at(50), at: time });
			expect(rulesOf(world.check())).toEqual(rules);
		}
	});

	it("a log that has begun anew though nothing was lost", () => {
		const world = rightWorld();
		world.gapForAll("epoch", at(0, "two", "0"));
		expect(rulesOf(world.check())).toEqual(["log"]);
	});

	it("an event that was acknowledged in two places", () => {
		const world = rightWorld();
		world.truth.send(1_000, "all", world.now);
		world.truth.acknowledge(1_000, at(51), world.now);
		expect(world.truth.acknowledge(1_000, at(60), world.now)).toContain("event 1000");
	});
});

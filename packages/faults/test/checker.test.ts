/**
 * The checker tests a history, and this tests the checker: it passes a correct history, and finds
 * whatever is planted in one.
 */
import { describe, expect, it } from "vitest";
import type { Received } from "../src/checker/received.js";
import type { Rule } from "../src/checker/violation.js";
import { ADA, at, BOB, READERS, rightWorld, type World } from "./world.js";

describe("a history that is right", () => {
	it("passes, whichever clients connect and leave", () => {
		const world = rightWorld();
		world.giveAll({ kind: "closed" });
		world.giveAll({ kind: "opened", process: 1, lastId: at(50) });
		world.send(50, at(51));
		world.giveAll({ kind: "id", position: at(100) });
		expect(world.check()).toEqual([]);
		world.send(10, at(101));
		expect(world.check()).toEqual([]);
	});

	it("passes with entries that are no events but have ids", () => {
		const world = rightWorld();
		world.store(at(51));
		world.giveAll({ kind: "id", position: at(51) });
		world.send(10, at(52));
		expect(world.check()).toEqual([]);
	});

	it("passes with events that nobody acknowledged, and all were sent", () => {
		const world = rightWorld();
		world.send(10, at(51), { isAcknowledged: false });
		world.send(10, at(61));
		expect(world.check()).toEqual([]);
	});

	it("passes with events to one connection", () => {
		const world = rightWorld();
		world.give(BOB, { kind: "direct", position: at(50) }, { kind: "direct", position: at(50) });
		world.send(10, at(51));
		world.give(BOB, { kind: "direct", position: at(60) });
		expect(world.check()).toEqual([]);
	});

	it("passes with a repeated idempotency key of an event that is gone", () => {
		const world = rightWorld();
		// The acknowledgement can arrive before the checker has noticed that the event is lost.
		world.truth.acknowledge(10, at(10, "one", "0"));
		world.trim(10);
		expect(world.check()).toEqual([]);
	});

	it("finds an acknowledgement without a tag for an event that the log has", () => {
		const world = rightWorld();
		world.truth.acknowledge(10, at(10, "one", "0"));
		expect(world.rules()).toEqual(["log"]);
	});

	it("passes without an expired event, and not without one that had not expired", () => {
		for (const [waited, rules] of [
			[100, []],
			[0, ["missed"]],
		] as const) {
			const world = rightWorld();
			world.send(1, at(51), { targets: ["all"], to: [ADA], ttlMs: 90 });
			world.wait(waited);
			world.send(1, at(52), { targets: ["all"] });
			expect(world.rules()).toEqual(rules);
		}
	});

	it("counts the positions that the log has, and those known only from receipts", () => {
		const world = rightWorld();
		world.check();
		expect(world.truth.evidence).toEqual({ log: 51, receipt: 0 });
		world.send(5, at(51));
		world.cutUnread(50);
		world.check();
		expect(world.truth.evidence).toEqual({ log: 51, receipt: 5 });
	});
});

describe("the checker finds", () => {
	/** Changes what one client received. */
	const planted = (change: (received: Received[], world: World) => void): readonly Rule[] => {
		const world = rightWorld();
		change(world.of(BOB), world);
		world.giveAll({ kind: "id", position: at(50) });
		return world.rules();
	};

	it("an event that a client did not receive", () => {
		expect(planted((received) => received.splice(10, 1))).toEqual(["missed"]);
	});

	it("the last event, which a client did not receive", () => {
		const world = rightWorld();
		world.send(1, at(51), { targets: ["all"], to: [ADA] });
		world.giveAll({ kind: "id", position: at(51) });
		expect(world.rules()).toEqual(["missed"]);
	});

	it("an acknowledged event that nobody received", () => {
		const world = rightWorld();
		world.send(1, at(51), { targets: ["all"], to: [] });
		world.send(1, at(52), { targets: ["all"] });
		const violations = world.check();
		expect(violations.map(({ rule }) => rule)).toEqual(READERS.map(() => "missed"));
	});

	it("an event in the log that nobody acknowledged or received", () => {
		const world = rightWorld();
		world.send(1, at(51), { targets: ["all"], to: [], isAcknowledged: false });
		world.send(1, at(52), { targets: ["all"] });
		expect(world.rules()).toEqual(["missed"]);
	});

	it("an unacknowledged event that only some clients received", () => {
		const world = rightWorld();
		world.send(1, at(51), { targets: ["all"], to: [ADA], isAcknowledged: false });
		world.send(1, at(52), { targets: ["all"] });
		expect(world.rules()).toEqual(["missed"]);
	});

	it("an acknowledged event that the log does not have", () => {
		const world = rightWorld();
		world.truth.send(1_000, { target: { client: "nobody" }, at: world.now });
		world.truth.acknowledge(1_000, at(50, "one", "another"));
		expect(world.rules()).toEqual(["log"]);
	});

	it("an event that a client received twice", () => {
		const twice = planted((received) => received.splice(11, 0, ...received.slice(10, 11)));
		expect(twice).toEqual(["twice"]);
	});

	it("an event that is stored twice, whether both were read or not", () => {
		for (const isRead of [true, false]) {
			const world = rightWorld();
			world.truth.send(1_000, { target: "all", at: world.now });
			for (const position of [at(51), at(52)]) {
				if (isRead) world.store(position, 1_000);
				world.giveAll({ kind: "event", number: 1_000, position });
			}
			expect(world.rules()).toEqual(["log"]);
		}
	});

	it("two events in the wrong order", () => {
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
		for (const target of [{ client: "ada" }, { all: true, except: { client: "bob" } }] as const) {
			const world = rightWorld();
			const number = world.send(1, at(51), { targets: [target] });
			world.give(BOB, { kind: "event", number, position: at(51) });
			expect(world.rules()).toEqual(["foreign"]);
		}
	});

	it("an event that nobody sent", () => {
		const world = rightWorld();
		world.store(at(51), 1_000);
		world.give(BOB, { kind: "event", number: 1_000, position: at(51) });
		expect(world.rules()).toEqual(["unknown"]);
	});

	it("an event without the application's id, or with another", () => {
		for (const ownId of [undefined, "own 2"]) {
			const world = rightWorld();
			world.truth.send(1_000, { target: { client: "bob" }, at: world.now, ownId: "own 1" });
			world.store(at(51), 1_000);
			world.give(BOB, { kind: "event", number: 1_000, position: at(51), ownId });
			expect(world.rules()).toEqual(["id"]);
		}
	});

	it("an event to one connection with an id that goes back", () => {
		const world = rightWorld();
		world.give(BOB, { kind: "direct", position: at(49) });
		expect(world.rules()).toEqual(["order"]);
	});

	it("an event to one connection with an id that is too far ahead", () => {
		const world = rightWorld();
		world.send(1, at(51), { targets: ["all"], to: [ADA] });
		world.give(BOB, { kind: "direct", position: at(51) });
		expect(world.rules()).toEqual(["missed"]);
	});

	it("an event of another log at the same position", () => {
		const another = planted((received) => {
			const one = received[10];
			if (one?.kind !== "event") throw new Error("no event");
			received[10] = { ...one, position: { ...one.position, tag: "another" } };
		});
		expect(another).toContain("log");
	});

	it("a log whose entries changed although it lost nothing", () => {
		const world = rightWorld();
		world.read();
		world.store(at(50, "one", "another"));
		expect(world.rules()).toEqual(["log"]);
	});

	it("a new log although nothing was lost", () => {
		const world = rightWorld();
		world.read();
		world.gapForAll("epoch", at(0, "two", "0"));
		expect(world.rules()).toEqual(["log", "gap"]);
	});
});

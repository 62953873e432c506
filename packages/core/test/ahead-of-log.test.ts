/**
 * Connections ahead of the log: what a delivery costs while they wait, and where each continues.
 */
import { expect, it } from "vitest";
import type { EventLog, SharedLog } from "../src/event-log/event-log.js";
import { AheadOfLog } from "../src/history/ahead-of-log.js";
import type { Position } from "../src/wire/cursor.js";

function at(sequence: number, epoch = "e"): Position {
	return { epoch, sequence, tag: "0" };
}

/** A log at a position, which proves nothing by default. */
function logAt(
	position: Position,
	current = new Promise<void>(() => {}),
): readonly [EventLog, SharedLog] {
	const shared = { maxLagMs: 1e9, current: () => current };
	return [{ position, shared } as unknown as EventLog, shared as unknown as SharedLog];
}

// Clients can make ids up: 3,000 of them made each event to one client thirteen times as expensive.
it("a delivery looks at no connection that waits for another position", async () => {
	const ahead = new AheadOfLog<number>();
	const log = logAt(at(1));
	let looks = 0;
	const forged: Position = {
		epoch: "e",
		tag: "0",
		get sequence() {
			looks++;
			return 1_000_000;
		},
	};
	for (let connection = 0; connection < 3_000; connection++) {
		void ahead.wait(connection, forged, ...log);
	}
	const waited = ahead.wait(-1, at(50), ...log);
	looks = 0;
	for (let sequence = 2; sequence <= 100; sequence++) ahead.onDelivered(at(sequence));
	expect(looks).toBe(0);
	expect(await waited).toEqual(at(50));
	expect(ahead.connections.has(-1)).toBe(false);
	expect(ahead.connections.size).toBe(3_000);
});

// Commands of other processes have positions, but are not delivered.
it("a connection continues after the next event if its own position is not an event's", async () => {
	const ahead = new AheadOfLog<string>();
	const log = logAt(at(1));
	const waits = [4, 5, 6].map((sequence) => ahead.wait(`${sequence}`, at(sequence), ...log));
	ahead.onDelivered(at(2));
	ahead.onDelivered(at(5));
	expect(await Promise.all(waits.slice(0, 2))).toEqual([at(5), at(5)]);
	expect([...ahead.connections]).toEqual(["6"]);
});

it("a connection waits for the position of its own log only", async () => {
	const ahead = new AheadOfLog<string>();
	const log = logAt(at(1));
	const own = ahead.wait("own", at(5), ...log);
	void ahead.wait("other", at(5, "another"), ...log);
	ahead.onDelivered(at(5));
	expect(await own).toEqual(at(5));
	expect([...ahead.connections]).toEqual(["other"]);
});

it("a connection whose position the log has already passed does not wait", async () => {
	const ahead = new AheadOfLog<string>();
	expect(await ahead.wait("ada", at(5), ...logAt(at(7)))).toEqual(at(7));
	expect(ahead.connections.size).toBe(0);
});

it("a connection that arrives during a delivery misses only that event", () => {
	const ahead = new AheadOfLog<string>();
	void ahead.wait("ahead", at(5), ...logAt(at(1)));
	ahead.keep("ahead");
	ahead.keep("new");
	expect([...ahead.connections]).toEqual(["ahead", "new"]);
	ahead.onDelivered(at(2));
	expect([...ahead.connections]).toEqual(["ahead"]);
});

it("a break ends the wait for positions that the log already has or never will have", async () => {
	const ahead = new AheadOfLog<string>();
	const log = logAt(at(1));
	const passed = ahead.wait("passed", at(5, "new"), ...log);
	const old = ahead.wait("old", at(5), ...log);
	void ahead.wait("ahead", at(9, "new"), ...log);
	expect([...ahead.onBreak(at(7, "new"))]).toEqual(["passed", "old", "ahead"]);
	expect([await passed, await old]).toEqual([at(7, "new"), at(7, "new")]);
	expect([...ahead.connections]).toEqual(["ahead"]);
});

// The proof that the first wait asked for came when a break had ended it, and ended the second.
it("what ends a wait does not end a later one of the same connection", async () => {
	const ahead = new AheadOfLog<string>();
	let prove = (): void => {};
	const proven = new Promise<void>((resolve) => {
		prove = resolve;
	});
	const first = ahead.wait("ada", at(5), ...logAt(at(1), proven));
	ahead.onBreak(at(1, "new"));
	void ahead.wait("ada", at(5, "new"), ...logAt(at(1, "new")));
	prove();
	await first;
	await proven;
	expect([...ahead.connections]).toEqual(["ada"]);
});

it("a wait ends where the log is when it is proven to have no such position", async () => {
	const ahead = new AheadOfLog<string>();
	const waits = [at(9), at(9, "another")].map((until, index) =>
		ahead.wait(`${index}`, until, ...logAt(at(5), Promise.resolve())),
	);
	expect(await Promise.all(waits)).toEqual([at(5), at(5)]);
	expect(ahead.connections.size).toBe(0);
});

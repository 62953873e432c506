/**
 * Slow readers of the history: whatever is sent while one reads, it is given everything up to its goal, or told that it is not.
 */
import { sizeOf } from "@sse-service/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogReader } from "../src/event-log/event-log.js";
import { isFor } from "../src/event-log/page.js";
import { LogRecord } from "../src/event-log/record.js";
import { RecordStore } from "../src/event-log/record-store.js";
import { readRetention } from "../src/event-log/retention.js";
import type { Audience } from "../src/types/target.js";

const TARGETS: readonly Audience[] = [
	{},
	{ exceptClient: "ada" },
	{ group: "room" },
	{ group: "prices" },
	{ group: "others" },
	{ client: "ada" },
	{ client: "ada", group: "room" },
	{ client: "bob" },
];

const send = fc.record({
	target: fc.constantFrom(...TARGETS),
	key: fc.option(fc.constantFrom("A", "B"), { nil: undefined, freq: 1 }),
});

const script = fc.record({
	bounds: fc.record({
		byDefault: fc.integer({ min: 1, max: 8 }),
		room: fc.nat(3).map((n) => n + 1),
	}),
	before: fc.array(send, { minLength: 1, maxLength: 20 }),
	/** How much of it the reader has. */
	share: fc.double({ min: 0, max: 1, noNaN: true }),
	/** What is sent before it reads the next record. */
	during: fc.array(fc.array(send, { maxLength: 5 }), { minLength: 20, maxLength: 20 }),
});

type Script = typeof script extends fc.Arbitrary<infer T> ? T : never;

interface Outcome {
	readonly given: readonly LogRecord[];
	/** What it should have, and is neither given nor sent a newer one instead. */
	readonly missing: readonly LogRecord[];
	/** Those of them that are still kept. */
	readonly kept: readonly LogRecord[];
	readonly isTold: boolean;
}

/** Plays a script to a store, of which a reader takes one record at a time. `isPlain`: without keys, and nobody is excluded */
function play({ bounds, before, share, during }: Script, isPlain: boolean): Outcome {
	const { byDefault, room } = bounds;
	const groups = { room: { maxEvents: room }, ...(!isPlain && { prices: { latest: true } }) };
	const store = new RecordStore(readRetention({ maxEvents: byDefault, groups }));
	const sent: LogRecord[] = [];
	const add = (one: { readonly target: Audience; readonly key: string | undefined }): void => {
		const { exceptClient, ...all } = one.target;
		const { target, key } = isPlain ? { target: all, key: undefined } : one;
		const position = { epoch: "e", sequence: sent.length + 1, tag: "t" };
		const entry = { target, key, fields: { data: "" } };
		const record = new LogRecord(position, entry, 0);
		sent.push(record);
		store.add(record);
	};
	for (const one of before) add(one);
	const goal = sent.length;
	const reader: LogReader = { clientId: "ada", groups: ["room", "prices"], newest: [] };
	const given: LogRecord[] = [];
	let at = Math.floor(share * goal);
	const from = at;
	let isTold = false;
	for (let turn = 0; at < goal && !isTold; turn++) {
		const next = store.after(at, reader, 0)?.records;
		const record = next?.();
		isTold = next === undefined;
		at = record?.position.sequence ?? Infinity;
		if (record !== undefined && at <= goal && isFor(reader, record, 0)) given.push(record);
		for (const one of during[turn] ?? []) add(one);
	}
	const owed = sent.filter(
		({ position: { sequence }, target, isReplaced }) =>
			sequence > from && sequence <= goal && isAmong(target) && !isReplaced,
	);
	const missing = owed.filter((record) => !given.includes(record));
	const all = store.after(undefined, reader, 0)?.records;
	const held: LogRecord[] = [];
	for (let record = all?.(); record !== undefined; record = all?.()) held.push(record);
	return { given, missing, kept: missing.filter((record) => held.includes(record)), isTold };
}

/** Whether it is sent to the reader. */
function isAmong({ client, group, exceptClient }: Audience): boolean {
	return client !== "bob" && group !== "others" && exceptClient !== "ada";
}

function inOrder(records: readonly LogRecord[]): boolean {
	return records.every(({ position }, index) => {
		const before = records[index - 1];
		return before === undefined || before.position.sequence < position.sequence;
	});
}

const numRuns = sizeOf({ usual: 500, long: 50_000 });

describe("a reader of a page at a time", () => {
	it("misses nothing silently", () => {
		fc.assert(
			fc.property(script, (played) => {
				const { given, missing, isTold } = play(played, false);
				expect(inOrder(given)).toBe(true);
				if (!isTold) expect(missing).toEqual([]);
			}),
			{ numRuns },
		);
	});

	it("sees a loss reported only when something was lost", () => {
		fc.assert(
			fc.property(script, (played) => {
				const { missing, kept, isTold } = play(played, true);
				if (isTold) expect(missing.length).toBeGreaterThan(kept.length);
				else expect(missing).toEqual([]);
			}),
			{ numRuns },
		);
	});
});

/**
 * The entries of a run in memory: compactly stored entries are read as they were written, and take little more than their text.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { expect, it } from "vitest";
import { RunEntries } from "../src/runs/run-entries.js";
import type { RunEntry } from "../src/runs.js";

const PAGE = 1_024;
const READ_LENGTH = 65_536;
const DONE: RunEntry = { event: "done", data: "{}", end: "done" };

/** Text with half of a surrogate pair, too, which a token may end with. */
const data = fc.oneof(
	fc.string({ maxLength: 12 }),
	fc.string({ unit: "binary", maxLength: 6 }),
	fc.constantFrom("", "\ud83d", "\ude00", "😀", "\ufeff", "x".repeat(40), "é".repeat(9_000)),
);
const entry = fc.record(
	{ event: fc.constantFrom("delta", "tick", ""), data, mark: fc.constantFrom("one", "two") },
	{ requiredKeys: ["data"] },
);

it("are read as they were written, from any position, before and after the end", () => {
	fc.assert(
		fc.property(
			fc.array(entry, { maxLength: 60 }),
			fc.integer({ min: 0, max: 2 * PAGE + 5 }),
			fc.boolean(),
			fc.integer({ min: 1, max: 2 * PAGE + 70 }),
			fc.integer({ min: 1, max: 1_500 }),
			(some, count, hasEnd, from, limit) => {
				const before = Array.from({ length: count }, (_, i): RunEntry => ({ data: `${i}` }));
				const all: RunEntry[] = [...before, ...some, ...(hasEnd ? [DONE] : [])];
				const entries = new RunEntries();
				for (const each of all) entries.push(each);
				expect(entries.count).toBe(all.length);
				const wanted = all.slice(from - 1, from - 1 + limit);
				const read = entries.read(from, limit);
				expect(read).toEqual(wanted.slice(0, read.length));
				const length = read.slice(0, -1).reduce((sum, { data }) => sum + data.length, 0);
				expect(length).toBeLessThan(READ_LENGTH);
				// It ends early only where it has enough.
				const isEnough = length + (read.at(-1)?.data.length ?? 0) >= READ_LENGTH;
				expect(isEnough || read.length === wanted.length).toBe(true);
			},
		),
	);
});

it("are read by pages of any size without a gap", () => {
	const entries = new RunEntries();
	const all = Array.from({ length: 3 * PAGE + 7 }, (_, i): RunEntry => ({ data: `${i}` }));
	for (const each of [...all, DONE]) entries.push(each);
	for (const limit of [1, 256, 1_000, PAGE, 5_000]) {
		const read: RunEntry[] = [];
		while (read.length <= all.length) read.push(...entries.read(read.length + 1, limit));
		expect(read).toEqual([...all, DONE]);
	}
});

it("take the bytes of their text and 30 % more, once the run is over", async () => {
	const program = join(import.meta.dirname, "run-memory.mjs");
	const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program]);
	const { bytes, used } = JSON.parse(stdout);
	expect(used / bytes).toBeLessThan(1.3);
	expect(used).toBeGreaterThan(bytes);
});

/**
 * The newest entries of a run that a store keeps for the readers of its process.
 */
import { expect, it } from "vitest";
import { decodeRunEntries, encodeRunEntries, RecentEntries, type RunEntry } from "../src/runs.js";

const numbered = (from: number, count: number): RunEntry[] =>
	Array.from({ length: count }, (_, i) => ({ data: String(from + i) }));

it("answers reads within what it has, and nothing before or after", () => {
	const recent = new RecentEntries();
	recent.begin(5, numbered(5, 3));
	recent.add(8, numbered(8, 2));
	expect(recent.read(4, 9)).toBeUndefined();
	expect(recent.read(5, 2)).toEqual(numbered(5, 2));
	expect(recent.read(9, 9)).toEqual(numbered(9, 1));
	expect(recent.read(10, 9)).toEqual([]);
	expect(recent.read(11, 9)).toBeUndefined();
});

it("accepts nothing after a hole", () => {
	const recent = new RecentEntries();
	recent.begin(1, []);
	expect(recent.add(48, numbered(48, 2))).toBe(false);
	expect(recent.read(1, 9)).toEqual([]);
	expect(recent.add(1, numbered(1, 2))).toBe(true);
});

it("replaces entries whose sequences are reused", () => {
	const recent = new RecentEntries();
	recent.begin(5, numbered(5, 3));
	recent.add(6, [{ data: "end" }]);
	expect(recent.read(5, 9)).toEqual([{ data: "5" }, { data: "end" }]);
	recent.add(2, [{ data: "earlier end" }]);
	expect(recent.read(2, 9)).toEqual([{ data: "earlier end" }]);
	expect(recent.read(3, 9)).toEqual([]);
});

it("keeps at least the newest 500, and not many more", () => {
	const recent = new RecentEntries();
	for (let from = 1; from <= 10_000; from += 10) recent.add(from, numbered(from, 10));
	expect(recent.read(9_501, 9_999)).toEqual(numbered(9_501, 500));
	expect(recent.read(9_370, 1)).toBeUndefined();
});

it("keeps no more than 5 million characters, but the newest entry in any case", () => {
	const recent = new RecentEntries();
	const large = { data: "x".repeat(1_000_000) };
	for (let i = 1; i <= 20; i++) recent.add(i, [large]);
	expect(recent.read(18, 9)).toHaveLength(3);
	expect(recent.read(15, 9)).toBeUndefined();
	recent.add(21, [{ data: "x".repeat(10_000_000) }]);
	expect(recent.read(21, 9)).toHaveLength(1);
	expect(recent.read(20, 9)).toBeUndefined();
});

it("writes entries as one line of text, and reads them again", () => {
	const entries: RunEntry[] = [
		{ data: "" },
		{ event: "tick", data: "a\nb\ud800" },
		{ event: "failed", data: '{"reason":"lost"}', end: "failed" },
		{ data: "marked", mark: "m" },
		{ event: "done", data: "{}", end: "done", mark: "m" },
	];
	expect(encodeRunEntries(entries)).not.toContain("\n");
	expect(decodeRunEntries(encodeRunEntries(entries))).toEqual(entries);
});

it("releases what the only reader has taken, and continues after it", () => {
	const recent = new RecentEntries();
	recent.begin(5, numbered(5, 3));
	expect(recent.take(6, 1)).toEqual(numbered(6, 1));
	expect(recent.read(6, 9)).toBeUndefined();
	expect(recent.take(7, 9)).toEqual(numbered(7, 1));
	expect(recent.take(8, 9)).toEqual([]);
	expect(recent.add(8, numbered(8, 2))).toBe(true);
	expect(recent.take(8, 9)).toEqual(numbered(8, 2));
	expect(recent.take(8, 9)).toBeUndefined();
});

/**
 * What inspectors read from each other, as untrusted input.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import {
	encodeCall,
	encodePost,
	MAX_ASKS,
	MAX_ROWS,
	type Post,
	readCall,
	readPost,
} from "../src/peer-texts.js";
import { readQuery } from "../src/roll.js";

const rows = { ...readQuery(new URLSearchParams("q=ada&order=client&desc=1")), limit: MAX_ROWS };
const summary = {
	name: "one",
	...{ connections: 1, clients: 1, groups: 2, events: 3.5, bytes: 4, buffered: 5, ready: true },
	...{ lagMs: 0.5, behind: 0, error: undefined },
};
const row = {
	...{ key: 1, client: "ada", groups: ["a"], openedAt: 7, buffered: 8, lastEventId: "9" },
};
const entry = { n: 1, t: 2, kind: "open" as const, client: "ada", groups: [], text: "x", count: 1 };
const post: Post = {
	summary,
	answers: new Map([["key", { total: 1, rows: [row], entries: [entry] }]]),
	followers: new Map([["attempt", 2]]),
	tokenHash: "hash",
	isLast: false,
};

it("a call and a post are read as they were written", () => {
	const call = {
		from: "one",
		asks: new Map([
			["a", { rows }],
			["b", { of: { client: "ada", group: undefined } }],
		]),
	};
	expect(readCall(encodeCall(call))).toEqual(call);
	expect(readPost(encodePost(post))).toEqual(post);
});

it("any text of another program is no call and no post, or one within the limits", () => {
	const shaped = fc.record({
		v: fc.constant(1),
		from: fc.anything(),
		asks: fc.anything(),
		summary: fc.oneof(fc.object(), fc.record({ name: fc.anything(), connections: fc.anything() })),
		answers: fc.array(fc.tuple(fc.string(), fc.object({ key: fc.constantFrom("total", "rows") }))),
		followers: fc.anything(),
	});
	const written = fc.oneof(
		fc.string(),
		fc.json(),
		shaped.map((value) => textOf(value)),
	);
	fc.assert(
		fc.property(written, (text) => {
			const read = readPost(text);
			for (const { rows: found, total } of read?.answers.values() ?? []) {
				expect(found.length).toBeLessThanOrEqual(MAX_ROWS);
				expect(Number.isFinite(total)).toBe(true);
			}
			expect(read?.answers.size ?? 0).toBeLessThanOrEqual(MAX_ASKS);
			if (read !== undefined) expect(Number.isFinite(read.summary.connections)).toBe(true);
			expect(readCall(text)?.asks.size ?? 0).toBeLessThanOrEqual(MAX_ASKS);
		}),
	);
});

it("a post that is too large leaves without its answers, and a long list is cut", () => {
	const large = Array.from({ length: MAX_ROWS }, () => ({ ...row, client: "x".repeat(5_000) }));
	const answers = new Map([["key", { total: 1, rows: large, entries: [] }]]);
	expect(readPost(encodePost({ ...post, answers }))).toEqual({ ...post, answers: new Map() });
	const long = Array.from({ length: 2 * MAX_ROWS }, () => row);
	const read = readPost(
		encodePost({ ...post, answers: new Map([["key", { total: 400, rows: long, entries: [] }]]) }),
	);
	expect(read?.answers.get("key")?.rows).toHaveLength(MAX_ROWS);
});

it("a post fits in an engine that counts bytes, whatever the script of its names", () => {
	const wide = Array.from({ length: MAX_ROWS }, () => ({ ...row, client: "好".repeat(900) }));
	const text = encodePost({
		...post,
		answers: new Map([["key", { total: 1, rows: wide, entries: [] }]]),
	});
	expect(Buffer.byteLength(text)).toBeLessThanOrEqual(500_000);
});

it("a text longer than any of ours is not read", () => {
	const spaces = " ".repeat(500_000);
	expect(readPost(encodePost(post) + spaces)).toBeUndefined();
	expect(readCall(encodeCall({ from: "one", asks: new Map() }) + spaces)).toBeUndefined();
});

it("what a page cannot show is not taken: other kinds of entries, and times that are none", () => {
	const read = (of: object) =>
		readPost(JSON.stringify({ v: 1, summary, answers: [["key", of]] }))?.answers.get("key");
	const entries = [
		{ ...entry, kind: "constructor" },
		{ ...entry, kind: "send evil" },
		{ ...entry, t: 1e300 },
		{ ...entry, t: -1e300 },
	];
	expect(read({ entries })?.entries.map(({ kind, t }) => [kind, t])).toEqual([
		["open", 0],
		["open", 0],
	]);
	expect(read({ rows: [{ ...row, openedAt: 1e300 }] })?.rows).toMatchObject([{ openedAt: 0 }]);
});

function textOf(value: unknown): string {
	try {
		return JSON.stringify(value);
	} catch {
		return "";
	}
}

/**
 * The processes that are known, while others write to the engine what they like.
 */
import { randomBytes } from "node:crypto";
import { expect, it, vi } from "vitest";
import { KnownPeers } from "../src/known-peers.js";
import { encodePost } from "../src/peer-texts.js";

const idOf = (): string => randomBytes(9).toString("base64url");

const post = (name: string, isLast = false): string =>
	encodePost({
		summary: {
			name,
			...{ connections: 1, clients: 1, groups: 0, events: 0, bytes: 0, buffered: 0, ready: true },
			...{ lagMs: undefined, behind: undefined, error: undefined },
		},
		answers: new Map(),
		followers: new Map(),
		tokenHash: "hash",
		isLast,
	});

const posts = (count: number): Map<string, string> =>
	new Map(Array.from({ length: count }, () => [idOf(), post("one of many")]));

const names = (known: KnownPeers): string[] => known.all.map(({ summary }) => summary.name);

it("takes no process whose id is none of ours: the page has a meaning of its own for some", () => {
	const known = new KnownPeers();
	const forged = [
		"all",
		"",
		"x".repeat(12_000_000),
		"../../../etc",
		"__proto__",
		"<b>12345678</b>",
	];
	known.take(new Map([...forged.map((id) => [id, post(id)] as const), [idOf(), post("ours")]]), 0);
	expect(names(known)).toEqual(["ours"]);
});

it("knows at most 200, and one that is new takes the place of one that is gone", () => {
	const known = new KnownPeers();
	known.take(posts(1_000), 0);
	expect(known.all).toHaveLength(200);
	// All of them are gone, and stay listed for a minute.
	known.take(new Map([[idOf(), post("new")]]), 1_000);
	expect(names(known)).toContain("new");
	expect(known.all).toHaveLength(200);
	known.take(new Map(), 70_000);
	expect(known.all).toHaveLength(1);
});

it("parses a post once, however often it is read", () => {
	const known = new KnownPeers();
	const many = posts(50);
	known.take(many, 0);
	const parse = vi.spyOn(JSON, "parse");
	known.take(many, 1);
	expect(parse).not.toHaveBeenCalled();
	const [id = ""] = many.keys();
	known.take(new Map(many).set(id, post("changed")), 2);
	expect(parse).toHaveBeenCalledTimes(1);
	parse.mockRestore();
	expect(names(known)).toContain("changed");
});

it("parses no more than it can take", () => {
	const known = new KnownPeers();
	const parse = vi.spyOn(JSON, "parse");
	known.take(posts(1_000), 0);
	expect(parse.mock.calls.length).toBeLessThanOrEqual(200);
	parse.mockRestore();
});

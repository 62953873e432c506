/**
 * The chain of tags is computed twice: in Lua where an entry is stored, in this process where the answer is read. And a version
 * without a chain, 2.0.0, leaves logs behind, and shares one while a deploy replaces it.
 */
import { readFile } from "node:fs/promises";
import { redisServerPath } from "@sse-service/testing/redis-server";
import type { Stored } from "sse-service/engine";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CHAIN, chain, unchain } from "../src/chain.js";
import { readEntries } from "../src/entries.js";
import { Lab, store, storing, textsOf, until } from "./lab.js";

/** The script with which 2.0.0 appended, to the letter: what a process of that version does to the log. */
const APPEND_2_0_0 = await readFile(new URL("append-2.0.0.lua", import.meta.url), "utf8");

const LARGEST = (2 ** 32 - 1).toString(36);

describe.skipIf(redisServerPath === undefined)("the chain of tags", () => {
	let lab: Lab;
	let batches = 0;

	beforeAll(async () => {
		lab = await Lab.start();
	});
	beforeEach(() => lab.begin());
	afterEach(() => lab.clear());
	afterAll(() => lab.stop());

	/** Append as 2.0.0 does: with the arguments that its `Batches` sends. */
	async function append200(...texts: readonly string[]): Promise<readonly string[]> {
		const keys = ["head", "log", "known", "known-before", "writers"].map((name) => lab.key(name));
		const entries = texts.map((text) => storing(text));
		const head = ["1.1", "epoch of 2.0.0", "writer of 2.0.0", `${++batches}`, "1"];
		const limits = ["100000", "67108864", "600000", "100000"];
		const encoded = entries.flatMap(({ tag, text }) => [tag, text, ""]);
		await lab.call("EVAL", APPEND_2_0_0, "5", ...keys, ...head, ...limits, ...encoded);
		return entries.map(({ tag }) => tag);
	}

	/** As they are kept: what 2.0.0 reads, too. */
	async function stored(): Promise<readonly Stored[]> {
		return readEntries(await lab.call("XRANGE", lab.key("log"), "-", "+"));
	}

	/** What 2.0.0 demands of each entry before it takes it. */
	function expectReadableBy200(entries: readonly Stored[]): void {
		let before = "0";
		for (const [index, { sequence, tag, previousTag }] of entries.entries()) {
			expect([sequence, previousTag]).toEqual([index + 1, before]);
			// It keeps a tag in four bytes, and compares it as text.
			expect(Uint32Array.of(Number.parseInt(tag, 36))[0]?.toString(36)).toBe(tag);
			before = tag;
		}
	}

	it("is the same in Lua and in JavaScript, and gives an entry's own tag back", async () => {
		const edges = ["0", "1", "z", "10", "zz", "100", "zzzzzz", "1000000", LARGEST];
		const random = Array.from({ length: 2_000 }, () =>
			Math.floor(Math.random() * 2 ** 32).toString(36),
		);
		const own = [...edges.flatMap((tag) => edges.flatMap((other) => [tag, other])), ...random];
		const entries = own.map((tag) => storing("", { tag }));
		const script = `local tag = ARGV[1]\n${CHAIN}
			local tags = {}
			for at = 5, #ARGV, 2 do nextTag(at); table.insert(tags, tag) end
			return tags`;
		for (const [before, expected] of [...edges.map((tag) => [tag, "0"]), ["0", LARGEST]] as const) {
			const args = [expected, ...chain(expected, entries)].flatMap((tag) => [tag, "text"]);
			const tags = chain(before, entries);
			expect(await lab.call("EVAL", script, "0", before, "", ...args)).toEqual(tags);
			for (const [index, tag] of tags.entries()) {
				expect(unchain(tags[index - 1] ?? before, tag)).toBe(own[index]);
			}
		}
	});

	it("gives an event that is stored behind other events another tag", async () => {
		const again = storing("again");
		const tags: (string | undefined)[] = [];
		for (const before of ["lost", "new"]) {
			lab.begin();
			const engine = await lab.openEngine();
			await store(engine, before);
			const [at] = await engine.append([again]);
			tags.push(at instanceof Error ? at.message : at?.tag);
		}
		expect(new Set(tags).size).toBe(2);
	});

	it("is answered as it is stored when another process has appended, or an entry was known", async () => {
		const [one, other] = [await lab.openEngine(), await lab.openEngine()];
		const known = { idempotencyKey: "known" };
		await store(one, "first", known);
		const answers = [
			...(await other.append([storing("1"), storing("2")])),
			...(await one.append([storing("3"), storing("again", known), storing("4")])),
			...(await one.append([storing("5")])),
			...(await other.append([storing("6"), storing("7")])),
		].filter((answer) => !(answer instanceof Error) && answer.isNew);
		const [, ...rest] = await stored();
		expect(answers).toMatchObject(rest.map(({ sequence, tag }) => ({ sequence, tag })));
		expect(textsOf(rest)).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
	});

	it("continues a log that 2.0.0 has written", async () => {
		const tags = await append200("1", "2", "3");
		const engine = await lab.openEngine();
		// A cursor from 2.0.0 has the own tag of its event: it is found.
		expect(await engine.newest()).toMatchObject({ sequence: 3, tag: tags[2] });
		expect((await engine.read(2, 1))[0]).toMatchObject({ sequence: 2, tag: tags[1] });
		const at = await store(engine, "4");
		expect(at.epoch).toBe("epoch of 2.0.0");
		expect(await engine.newest()).toMatchObject({ sequence: 4, tag: at.tag });
		expectReadableBy200(await stored());
	});

	it("is followed and read by both versions while both append", async () => {
		const engine = await lab.openEngine();
		await store(engine, "1");
		const controller = new AbortController();
		const taken: Stored[] = [];
		const take = (more: readonly Stored[]): void => void taken.push(...more);
		const following = engine.follow(0, take, controller.signal);
		for (let round = 0; round < 5; round++) {
			await append200(`old ${round}a`, `old ${round}b`);
			await engine.append([storing(`new ${round}a`), storing(`new ${round}b`)]);
		}
		const at = await store(engine, "last");
		await until(async () => taken.length === at.sequence);
		controller.abort();
		await following;
		expectReadableBy200(taken);
		expect(taken).toEqual(await stored());
		expect(textsOf(taken).slice(0, 5)).toEqual(["1", "old 0a", "old 0b", "new 0a", "new 0b"]);
		expect(taken.at(-1)?.tag).toBe(at.tag);
	});
});

/** Claims about claiming, writing and reading. */
import { expect, it } from "vitest";
import { DONE, entries, RULES, type RunStoreFixture } from "./run-store-fixture.js";
import type { Entry } from "./run-store-types.js";

export function claimWrites(its: RunStoreFixture): void {
	const { claim, write } = its;

	it("a run is claimed by exactly one of many that try at the same time", async () => {
		const claims = await Promise.all(
			Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? its.here : its.there).claim("r", RULES)),
		);
		expect(claims.filter(({ isOwn }) => isOwn)).toHaveLength(1);
		expect(new Set(claims.map(({ status }) => status.attempt)).size).toBe(1);
	});

	it("entries are read from any position, in order, in every process", async () => {
		const run = await claim("r");
		expect(await write(run, 0, entries("a", "b"))).toBe(2);
		expect(await write(run, 2, [{ event: "tick", data: "c\nd" }])).toBe(3);
		expect(await write(run, 3, entries("", "é✓"))).toBe(5);
		const all = await its.there.read("r", run.attempt, 1, 100);
		expect(all?.map(({ event, data }) => [event, data])).toEqual([
			[undefined, "a"],
			[undefined, "b"],
			["tick", "c\nd"],
			[undefined, ""],
			[undefined, "é✓"],
		]);
		for (let from = 1; from <= 6; from++) {
			expect(await its.there.read("r", run.attempt, from, 2)).toEqual(
				all?.slice(from - 1, from + 1),
			);
		}
	});

	// A reader holds a page in memory while its client does not read.
	it("large entries are read a few at a time, until all are read", async () => {
		const run = await claim("r");
		const large = Array.from({ length: 40 }, (_, i) => ({ data: `${i}`.padEnd(50_000, ".") }));
		for (let at = 0; at < large.length; at += 2) await write(run, at, large.slice(at, at + 2));
		const received: Entry[] = [];
		while (received.length < large.length) {
			const some = (await its.there.read("r", run.attempt, received.length + 1, 1_000)) ?? [];
			expect(some.length).toBeGreaterThan(0);
			expect(some.length).toBeLessThan(large.length / 2);
			received.push(...some);
		}
		expect(received).toEqual(large);
	});

	it("a run whose id contains the attempt of another run is a run of its own", async () => {
		const run = await claim("r");
		await write(run, 0, entries("a"));
		const other = await claim(`r:${run.attempt}`);
		await write(other, 0, entries("b"));
		expect(await its.there.read("r", run.attempt, 1, 9)).toEqual(entries("a"));
		expect(await its.there.read(other.id, other.attempt, 1, 9)).toEqual(entries("b"));
		expect((await its.there.list(9)).map(({ id }) => id)).toEqual([other.id, "r"]);
	});

	it("one call writes to several runs, and answers for each", async () => {
		const [one, other] = [await claim("1"), await claim("2")];
		const results = await its.here.write([
			{ ...one, after: 0, entries: entries("a"), rules: RULES },
			{ ...one, id: "3", after: 0, entries: entries("x"), rules: RULES },
			{ ...other, after: 0, entries: entries("b", "c"), rules: RULES },
		]);
		expect(results).toEqual([1, undefined, 2]);
		expect(await its.there.read("2", other.attempt, 1, 9)).toHaveLength(2);
	});

	it("a repeated write gets the same answer and adds nothing", async () => {
		const run = await claim("r");
		expect(await write(run, 0, entries("a", "b"))).toBe(2);
		expect(await write(run, 0, entries("a", "b"))).toBe(2);
		expect(await write(run, 2, [DONE])).toBe(3);
		expect(await write(run, 2, [DONE])).toBe(3);
		expect(await its.there.read("r", run.attempt, 1, 9)).toHaveLength(3);
	});

	// Cause: a connection that went silent delivered it after its repetition on another one, and later writes.
	it("a renewal that arrives after later writes takes nothing back", async () => {
		const run = await claim("r");
		const snapshot = { sequence: 3, state: "3" };
		const late = { ...run, after: 1, entries: [], snapshot: { sequence: 1, state: "1" } };
		await write(run, 0, entries("a"));
		await its.here.write([{ ...late, entries: entries("b", "c"), snapshot, rules: RULES }]);
		expect(await its.here.write([{ ...late, rules: { ...RULES, leaseMs: 1 } }])).toEqual([3]);
		const status = await its.there.settle("r");
		expect(status).toMatchObject({ state: "running", sequence: 3, length: 3 });
		expect(await its.there.snapshot("r", run.attempt)).toEqual(snapshot);
		expect(await write(run, 1, entries("b", "c"))).toBe(3);
		expect(await write(run, 3, entries("d"))).toBe(4);
		expect(await its.there.read("r", run.attempt, 1, 9)).toEqual(entries("a", "b", "c", "d"));
	});

	it("a run that has ended refuses writes, and can be claimed again", async () => {
		const run = await claim("r");
		await write(run, 0, [...entries("a"), DONE]);
		expect(await write(run, 2, entries("b"))).toBeUndefined();
		expect(await its.there.settle("r")).toMatchObject({
			state: "done",
			sequence: 2,
			length: 3,
			leaseLeftMs: 0,
		});
		const again = await claim("r");
		expect(again.attempt).not.toBe(run.attempt);
		expect(again).toMatchObject({ state: "running", sequence: 0 });
		expect(await its.there.read("r", run.attempt, 1, 9)).toBeUndefined();
		expect(await write(run, 2, entries("late"))).toBeUndefined();
	});

	it("any text of any length is stored unchanged, also in snapshots", async () => {
		const run = await claim("r");
		const large = "large ✓ ".repeat(250_000);
		const texts = ["\0\r\n\u2028", "half a pair: \ud83d", large];
		const state = JSON.stringify({ large });
		const snapshot = { sequence: 3, state };
		await its.here.write([
			{ ...run, after: 0, entries: entries(...texts), snapshot, rules: RULES },
		]);
		await write(run, 3, entries("after"));
		const read: string[] = [];
		for (let page = 1; page > 0; ) {
			const found = (await its.there.read("r", run.attempt, read.length + 1, 9)) ?? [];
			read.push(...found.map(({ data }) => data));
			page = found.length;
		}
		// `toBe(true)`, because printing the difference of such texts takes minutes.
		expect(read.join() === [...texts, "after"].join()).toBe(true);
		expect((await its.there.snapshot("r", run.attempt))?.state === state).toBe(true);
	});

	it("the newest snapshot is kept beside the entries", async () => {
		const run = await claim("r");
		expect(await its.there.snapshot("r", run.attempt)).toBeUndefined();
		const snapshot = { sequence: 1, state: '{"text":"ü"}' };
		await its.here.write([{ ...run, after: 0, entries: entries("a"), snapshot, rules: RULES }]);
		await write(run, 1, entries("b"));
		expect(await its.there.snapshot("r", run.attempt)).toEqual(snapshot);
		expect(await its.there.snapshot("r", "other")).toBeUndefined();
	});

	it("any id is a valid id", async () => {
		for (const id of ["__proto__", "a b:{c}*?", "ü\n\0", "x".repeat(256)]) {
			const run = await claim(id);
			await write(run, 0, entries(id));
			expect(await its.there.read(id, run.attempt, 1, 1)).toEqual([{ data: id }]);
			expect((await its.there.settle(id))?.id).toBe(id);
		}
	});
}

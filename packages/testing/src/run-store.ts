/**
 * What every run store holds, whatever it keeps runs in.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually, settled } from "./waiting.js";

// The types of a run store stand here as well: this package cannot import the core, whose tests import it.
// Those of `sse-service/runs` fit them.
type Outcome = "done" | "failed" | "cancelled";

interface Entry {
	readonly event?: string | undefined;
	readonly data: string;
	readonly end?: Outcome | undefined;
}

interface Status {
	readonly id: string;
	readonly attempt: string;
	readonly term: number;
	readonly isReleased: boolean;
	readonly state: "running" | Outcome;
	readonly reason: string | undefined;
	readonly sequence: number;
	readonly length: number;
	readonly startedAt: number;
	readonly endedAt: number | undefined;
	readonly leaseLeftMs: number;
}

interface Rules {
	readonly leaseMs: number;
	readonly ttlMs: number;
	readonly maxRuns: number;
}

interface Snapshot {
	readonly sequence: number;
	readonly state: string;
}

interface Write {
	readonly id: string;
	readonly attempt: string;
	readonly term: number;
	readonly after: number;
	readonly entries: readonly Entry[];
	readonly snapshot?: Snapshot | undefined;
	readonly release?: boolean | undefined;
	readonly rules: Rules;
}

export interface TestedRunStore {
	claim(id: string, rules: Rules): Promise<{ readonly status: Status; readonly isOwn: boolean }>;
	adopt(id: string, attempt: string, rules: Rules): Promise<Status | undefined>;
	write(writes: readonly Write[]): Promise<readonly (number | undefined)[]>;
	cancel(id: string, reason: string | undefined, ttlMs: number): Promise<boolean>;
	settle(id: string): Promise<Status | undefined>;
	read(
		id: string,
		attempt: string,
		from: number,
		limit: number,
	): Promise<readonly Entry[] | undefined>;
	snapshot(id: string, attempt: string): Promise<Snapshot | undefined>;
	watch(run: { readonly id: string; readonly attempt: string }, onChange: () => void): () => void;
	onCancelled(listener: (attempt: string) => void): () => void;
	onReleased(
		listener: (run: { readonly id: string; readonly attempt: string }) => void,
	): () => void;
	list(limit: number): Promise<Status[]>;
	close(): Promise<void>;
}

export interface RunStoreHarness {
	/**
	 * Opens a store as another process has it. Called twice for each test: both must keep the same runs, and none of an earlier
	 * test. A store for a single process returns the same object twice. The suite closes both.
	 */
	open(): Promise<TestedRunStore>;
	/** Called after each test, once the stores are closed. Runs of later tests must be others. */
	close?(): Promise<void>;
}

const RULES: Rules = { leaseMs: 60_000, ttlMs: 60_000, maxRuns: 1_000 };

/** Proves a run store. Call it at the top level of a test file. */
export function describeRunStore(name: string, harness: RunStoreHarness): void {
	describe(`a run store: ${name}`, () => {
		let here: TestedRunStore;
		let there: TestedRunStore;

		beforeEach(async () => {
			here = await harness.open();
			there = await harness.open();
		});
		afterEach(async () => {
			await here.close();
			await there.close();
			await harness.close?.();
		});

		async function claim(id: string, rules: Partial<Rules> = {}): Promise<Status> {
			const { status, isOwn } = await here.claim(id, { ...RULES, ...rules });
			expect(isOwn).toBe(true);
			return status;
		}

		async function write(
			{ id, attempt, term }: Status,
			after: number,
			entries: readonly Entry[],
			rules: Partial<Rules> = {},
			store = here,
		): Promise<number | undefined> {
			const all = { ...RULES, ...rules };
			const [sequence] = await store.write([{ id, attempt, term, after, entries, rules: all }]);
			return sequence;
		}

		const entries = (...data: string[]): Entry[] => data.map((each) => ({ data: each }));
		const DONE: Entry = { event: "done", data: "{}", end: "done" };

		it("is claimed by one of many who try at the same time", async () => {
			const claims = await Promise.all(
				Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? here : there).claim("r", RULES)),
			);
			expect(claims.filter(({ isOwn }) => isOwn)).toHaveLength(1);
			expect(new Set(claims.map(({ status }) => status.attempt)).size).toBe(1);
		});

		it("gives entries from any position, in order, to every process", async () => {
			const run = await claim("r");
			expect(await write(run, 0, entries("a", "b"))).toBe(2);
			expect(await write(run, 2, [{ event: "tick", data: "c\nd" }])).toBe(3);
			expect(await write(run, 3, entries("", "é✓"))).toBe(5);
			const all = await there.read("r", run.attempt, 1, 100);
			expect(all?.map(({ event, data }) => [event, data])).toEqual([
				[undefined, "a"],
				[undefined, "b"],
				["tick", "c\nd"],
				[undefined, ""],
				[undefined, "é✓"],
			]);
			for (let from = 1; from <= 6; from++) {
				expect(await there.read("r", run.attempt, from, 2)).toEqual(all?.slice(from - 1, from + 1));
			}
		});

		// A reader holds what it was given while its client does not read.
		it("gives a few large entries at a time, and all of them one read after the other", async () => {
			const run = await claim("r");
			const large = Array.from({ length: 40 }, (_, i) => ({ data: `${i}`.padEnd(50_000, ".") }));
			for (let at = 0; at < large.length; at += 2) await write(run, at, large.slice(at, at + 2));
			const received: Entry[] = [];
			while (received.length < large.length) {
				const some = (await there.read("r", run.attempt, received.length + 1, 1_000)) ?? [];
				expect(some.length).toBeGreaterThan(0);
				expect(some.length).toBeLessThan(large.length / 2);
				received.push(...some);
			}
			expect(received).toEqual(large);
		});

		it("keeps runs apart whose ids contain each other's attempt", async () => {
			const run = await claim("r");
			await write(run, 0, entries("a"));
			const other = await claim(`r:${run.attempt}`);
			await write(other, 0, entries("b"));
			expect(await there.read("r", run.attempt, 1, 9)).toEqual(entries("a"));
			expect(await there.read(other.id, other.attempt, 1, 9)).toEqual(entries("b"));
			expect((await there.list(9)).map(({ id }) => id)).toEqual([other.id, "r"]);
		});

		it("writes to several runs at once, and answers for each", async () => {
			const [one, other] = [await claim("1"), await claim("2")];
			const results = await here.write([
				{ ...one, after: 0, entries: entries("a"), rules: RULES },
				{ ...one, id: "3", after: 0, entries: entries("x"), rules: RULES },
				{ ...other, after: 0, entries: entries("b", "c"), rules: RULES },
			]);
			expect(results).toEqual([1, undefined, 2]);
			expect(await there.read("2", other.attempt, 1, 9)).toHaveLength(2);
		});

		it("answers a write that is made again as the first time, and adds nothing", async () => {
			const run = await claim("r");
			expect(await write(run, 0, entries("a", "b"))).toBe(2);
			expect(await write(run, 0, entries("a", "b"))).toBe(2);
			expect(await write(run, 2, [DONE])).toBe(3);
			expect(await write(run, 2, [DONE])).toBe(3);
			expect(await there.read("r", run.attempt, 1, 9)).toHaveLength(3);
		});

		it("takes nothing after the end, and then can be claimed anew", async () => {
			const run = await claim("r");
			await write(run, 0, [...entries("a"), DONE]);
			expect(await write(run, 2, entries("b"))).toBeUndefined();
			expect(await there.settle("r")).toMatchObject({
				state: "done",
				sequence: 2,
				length: 3,
				leaseLeftMs: 0,
			});
			const again = await claim("r");
			expect(again.attempt).not.toBe(run.attempt);
			expect(again).toMatchObject({ state: "running", sequence: 0 });
			expect(await there.read("r", run.attempt, 1, 9)).toBeUndefined();
			expect(await write(run, 2, entries("late"))).toBeUndefined();
		});

		it("fails a run whose lease is over, for everyone, and takes nothing from its producer", async () => {
			const run = await claim("r", { leaseMs: 1 });
			await eventually(() => Date.now() > run.startedAt + 10);
			let status: Status | undefined;
			do status = await there.settle("r");
			while (status?.state === "running");
			expect(status).toMatchObject({ state: "failed", reason: "lost", sequence: 1 });
			expect(await write(run, 0, entries("woken"))).toBeUndefined();
			const [last] = (await here.read("r", run.attempt, 1, 9)) ?? [];
			expect(last).toMatchObject({ event: "failed", end: "failed", data: '{"reason":"lost"}' });
		});

		it("takes nothing from a producer whose lease is over, though nobody has looked", async () => {
			const run = await claim("r", { leaseMs: 1 });
			const begun = performance.now();
			await eventually(() => performance.now() > begun + 50);
			expect(await write(run, 0, entries("woken"))).toBeUndefined();
			expect((await here.settle("r"))?.state).toBe("failed");
		});

		it("renews the lease with each write, also one without entries", async () => {
			const run = await claim("r", { leaseMs: 30_000 });
			const before = (await there.settle("r"))?.leaseLeftMs ?? 0;
			expect(await write(run, 0, [], { leaseMs: 90_000 })).toBe(0);
			const after = (await there.settle("r"))?.leaseLeftMs ?? 0;
			expect(before).toBeLessThanOrEqual(30_000);
			expect(after).toBeGreaterThan(30_000);
		});

		it("is cancelled from any process, once, and its producer hears of it", async () => {
			const heard: string[] = [];
			here.onCancelled((attempt) => heard.push(attempt));
			const run = await claim("r");
			await write(run, 0, entries("a"));
			expect(await there.cancel("r", "enough", RULES.ttlMs)).toBe(true);
			expect(await there.cancel("r", "again", RULES.ttlMs)).toBe(false);
			expect(await there.cancel("other", undefined, RULES.ttlMs)).toBe(false);
			await eventually(() => heard.length > 0, "the cancellation");
			expect(heard).toEqual([run.attempt]);
			expect(await write(run, 1, entries("b"))).toBeUndefined();
			expect(await here.settle("r")).toMatchObject({ state: "cancelled", reason: "enough" });
			const read = await there.read("r", run.attempt, 2, 9);
			expect(read).toEqual([{ event: "cancelled", data: '{"reason":"enough"}', end: "cancelled" }]);
		});

		/** The producer's last write, which may carry entries. */
		async function release(run: Status, after: number, data: string[] = []): Promise<void> {
			const last = after + data.length;
			const { id, attempt, term } = run;
			const write = { id, attempt, term, after, entries: entries(...data), release: true };
			expect(await here.write([{ ...write, rules: RULES }])).toEqual([last]);
		}

		it("is handed over to one of all who try, and takes nothing more from its old producer", async () => {
			const run = await claim("r");
			expect(await there.adopt("r", run.attempt, RULES)).toBeUndefined();
			await release(run, 0, ["a", "b"]);
			expect(await there.settle("r")).toMatchObject({ state: "running", isReleased: true });
			expect((await there.claim("r", RULES)).isOwn).toBe(false);
			const tries = await Promise.all(
				Array.from({ length: 10 }, (_, i) =>
					(i % 2 === 0 ? here : there).adopt("r", run.attempt, RULES),
				),
			);
			const [adopted] = tries.filter((status) => status !== undefined);
			expect(tries.filter((status) => status !== undefined)).toHaveLength(1);
			expect(adopted).toMatchObject({
				...{ id: "r", attempt: run.attempt, term: 2, isReleased: false },
				...{ state: "running", sequence: 2, length: 2 },
			});
			expect(await write(run, 2, entries("late"))).toBeUndefined();
			expect(await write(run, 2, [])).toBeUndefined();
			expect(await write(adopted as Status, 2, [...entries("c"), DONE], {}, there)).toBe(4);
			const all = await here.read("r", run.attempt, 1, 9);
			expect(all?.map(({ data }) => data)).toEqual(["a", "b", "c", "{}"]);
		});

		it("answers a release that is made again as the first time, also after it was taken over", async () => {
			const run = await claim("r");
			await release(run, 0, ["a"]);
			await release(run, 0, ["a"]);
			await there.adopt("r", run.attempt, RULES);
			await release(run, 0, ["a"]);
			expect(await there.settle("r")).toMatchObject({ term: 2, isReleased: false, sequence: 1 });
		});

		it("tells every process of a run that is released, also one that listens later", async () => {
			const early = new Set<string>();
			const late = new Set<string>();
			const stop = there.onReleased(({ id, attempt }) => early.add(`${id} ${attempt}`));
			const run = await claim("r {1}");
			await write(run, 0, entries("a"));
			await release(run, 1);
			await eventually(() => early.size > 0, "the release");
			stop();
			here.onReleased(({ id, attempt }) => late.add(`${id} ${attempt}`));
			await eventually(() => late.size > 0, "the earlier release");
			expect([...early, ...late]).toEqual([`r {1} ${run.attempt}`, `r {1} ${run.attempt}`]);
		});

		it("is cancelled also while nobody has taken it over", async () => {
			const run = await claim("r");
			await release(run, 0);
			expect(await there.cancel("r", undefined, RULES.ttlMs)).toBe(true);
			expect(await there.settle("r")).toMatchObject({ state: "cancelled", isReleased: false });
			expect(await there.adopt("r", run.attempt, RULES)).toBeUndefined();
		});

		it("fails when its lease ends and nobody has taken it over", async () => {
			const run = await claim("r");
			const { id, attempt, term } = run;
			const rules = { ...RULES, leaseMs: 1 };
			await here.write([{ id, attempt, term, after: 0, entries: [], release: true, rules }]);
			let status: Status | undefined;
			do status = await there.settle("r");
			while (status?.state === "running");
			expect(status).toMatchObject({ state: "failed", reason: "lost", isReleased: false });
			expect(await there.adopt("r", attempt, RULES)).toBeUndefined();
		});

		it("wakes those that watch a run, in every process, and not for each entry those that watch another", async () => {
			const WRITES = 50;
			let changes = 0;
			let others = 0;
			const run = await claim("r");
			const other = await claim("other");
			const stop = there.watch(run, () => changes++);
			there.watch(other, () => others++);
			await there.read("r", run.attempt, 1, 9);
			await there.read("other", other.attempt, 1, 9);
			for (let i = 0; i < WRITES; i++) await write(run, i, entries(String(i)));
			await eventually(() => changes > 0, "a change");
			await eventually(
				async () => (await there.read("r", run.attempt, WRITES, 9))?.length === 1,
				"the last entry",
			);
			stop();
			expect(others).toBeLessThan(WRITES / 2);
		});

		it("loses no change between a read and the next, however they fall", async () => {
			const run = await claim("r");
			const EVENTS = 200;
			const reading = (async () => {
				const received: string[] = [];
				let ring: () => void = () => {};
				let rung = false;
				there.watch(run, () => {
					rung = true;
					ring();
				});
				while (received.length < EVENTS) {
					rung = false;
					const page = (await there.read("r", run.attempt, received.length + 1, 7)) ?? [];
					received.push(...page.map(({ data }) => data));
					if (page.length === 0 && !rung) {
						await new Promise<void>((resolve) => {
							ring = resolve;
						});
					}
				}
				return received;
			})();
			for (let i = 0; i < EVENTS; i++) await write(run, i, entries(String(i)));
			expect(await reading).toEqual(Array.from({ length: EVENTS }, (_, i) => String(i)));
		});

		it("wakes those that watch a run that ends in another process, and gives them the end", async () => {
			const run = await claim("r");
			await write(run, 0, entries("a"));
			let ring: () => void = () => {};
			const rung = new Promise<void>((resolve) => {
				ring = resolve;
			});
			there.watch(run, () => ring());
			expect(await there.read("r", run.attempt, 1, 9)).toHaveLength(1);
			await here.cancel("r", undefined, RULES.ttlMs);
			await settled(rung, "the end to be noticed");
			await eventually(
				async () => (await there.read("r", run.attempt, 2, 9))?.length === 1,
				"the end to be read",
			);
			const [end] = (await there.read("r", run.attempt, 2, 9)) ?? [];
			expect(end).toEqual({ event: "cancelled", data: "{}", end: "cancelled" });
		});

		it("brings any text of any length, also in snapshots", async () => {
			const run = await claim("r");
			const large = "large ✓ ".repeat(250_000);
			const texts = ["\0\r\n\u2028", "half a pair: \ud83d", large];
			const state = JSON.stringify({ large });
			const snapshot = { sequence: 3, state };
			await here.write([{ ...run, after: 0, entries: entries(...texts), snapshot, rules: RULES }]);
			await write(run, 3, entries("after"));
			const read: string[] = [];
			for (let page = 1; page > 0; ) {
				const found = (await there.read("r", run.attempt, read.length + 1, 9)) ?? [];
				read.push(...found.map(({ data }) => data));
				page = found.length;
			}
			// Whether it is equal: a difference of such texts takes minutes to print.
			expect(read.join() === [...texts, "after"].join()).toBe(true);
			expect((await there.snapshot("r", run.attempt))?.state === state).toBe(true);
		});

		it("keeps the newest snapshot beside the entries", async () => {
			const run = await claim("r");
			expect(await there.snapshot("r", run.attempt)).toBeUndefined();
			const snapshot = { sequence: 1, state: '{"text":"ü"}' };
			await here.write([{ ...run, after: 0, entries: entries("a"), snapshot, rules: RULES }]);
			await write(run, 1, entries("b"));
			expect(await there.snapshot("r", run.attempt)).toEqual(snapshot);
			expect(await there.snapshot("r", "other")).toBeUndefined();
		});

		it("forgets a run after its time", async () => {
			const run = await claim("r", { ttlMs: 1 });
			await write(run, 0, [...entries("a"), DONE], { ttlMs: 1 });
			let status: Status | undefined;
			do {
				status = await there.settle("r");
				await new Promise((resolve) => setImmediate(resolve));
			} while (status !== undefined);
			expect(await here.read("r", run.attempt, 1, 9)).toBeUndefined();
			expect(await there.list(9)).toEqual([]);
		});

		it("lists the newest runs first, and refuses more than it may keep", async () => {
			for (const id of ["1", "2", "3"]) {
				await claim(id);
				// Two runs of one millisecond have no order.
				const now = Date.now();
				await eventually(() => Date.now() > now);
			}
			expect((await there.list(2)).map(({ id }) => id)).toEqual(["3", "2"]);
			await expect(here.claim("4", { ...RULES, maxRuns: 3 })).rejects.toMatchObject({
				code: "ERR_SSE_MAX_RUNS",
				statusCode: 503,
			});
			expect((await here.claim("3", { ...RULES, maxRuns: 3 })).isOwn).toBe(false);
		});

		it("takes names for what they are", async () => {
			for (const id of ["__proto__", "a b:{c}*?", "ü\n\0", "x".repeat(256)]) {
				const run = await claim(id);
				await write(run, 0, entries(id));
				expect(await there.read(id, run.attempt, 1, 1)).toEqual([{ data: id }]);
				expect((await there.settle(id))?.id).toBe(id);
			}
		});
	});
}

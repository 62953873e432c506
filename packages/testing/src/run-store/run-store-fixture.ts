/**
 * The stores of two processes that share their runs, and what a producer does with them. Both are closed after each test.
 */
import { afterEach, beforeEach, expect } from "vitest";
import { eventually } from "../waiting.js";
import type { Entry, Rules, RunStoreHarness, Status, TestedRunStore } from "./run-store-types.js";

export const RULES: Rules = { leaseMs: 60_000, ttlMs: 60_000, maxRuns: 1_000 };
export const DONE: Entry = { event: "done", data: "{}", end: "done" };

export const entries = (...data: string[]): Entry[] => data.map((each) => ({ data: each }));

export interface RunStoreFixture {
	/** The store of the process that produces. */
	readonly here: TestedRunStore;
	/** The store of another process. */
	readonly there: TestedRunStore;
	/** Claims a run here; fails the test if another has it. */
	claim(id: string, rules?: Partial<Rules>): Promise<Status>;
	/** Writes entries to a run that has `after` entries. Resolves with the sequence of the last, or undefined if it is refused. */
	write(
		run: Status,
		after: number,
		entries: readonly Entry[],
		rules?: Partial<Rules>,
		store?: TestedRunStore,
	): Promise<number | undefined>;
	/** The producer's last write, which may carry entries. */
	release(run: Status, after: number, data?: string[]): Promise<void>;
	/** Waits until the other process finds that the run is over, as its lease has ended. Resolves with what it finds. */
	untilOver(id: string): Promise<Status | undefined>;
}

/** Makes the fixture for the tests of this `describe`. */
export function useRunStore(harness: RunStoreHarness): RunStoreFixture {
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

	return {
		get here() {
			return here;
		},
		get there() {
			return there;
		},
		async claim(id, rules = {}) {
			const { status, isOwn } = await here.claim(id, { ...RULES, ...rules });
			expect(isOwn).toBe(true);
			return status;
		},
		async write({ id, attempt, term }, after, written, rules = {}, store = here) {
			const all = { ...RULES, ...rules };
			const write = { id, attempt, term, after, entries: written, rules: all };
			const [sequence] = await store.write([write]);
			return sequence;
		},
		async release({ id, attempt, term }, after, data = []) {
			const write = { id, attempt, term, after, entries: entries(...data), release: true };
			expect(await here.write([{ ...write, rules: RULES }])).toEqual([after + data.length]);
		},
		async untilOver(id) {
			let status: Status | undefined;
			const isOver = async (): Promise<boolean> => {
				status = await there.settle(id);
				return status?.state !== "running";
			};
			await eventually(isOver, "the end of its lease");
			return status;
		},
	};
}

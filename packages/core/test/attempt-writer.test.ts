/**
 * What a writer of an attempt knows of it.
 */
import { describe, expect, it } from "vitest";
import { AttemptWriter, createMemoryRunStore, type RunEntry, type RunStore } from "../src/runs.js";

const RULES = { leaseMs: 60_000, ttlMs: 60_000, maxRuns: 10 };
const entries = (...data: string[]): RunEntry[] => data.map((each) => ({ data: each }));

async function claimed() {
	const store = createMemoryRunStore();
	const { status } = await store.claim("r", RULES);
	const read = async (): Promise<string[]> =>
		((await store.read("r", status.attempt, 1, 99)) ?? []).map(({ data }) => data);
	return { store, status, read };
}

describe("the writer of an attempt", () => {
	it.each([
		["has stored", true],
		["has not stored", false],
	])("goes on where the store stands after a rejected call that it %s", async (_, isStored) => {
		const { store, status, read } = await claimed();
		let isBroken = false;
		const breaking: Pick<RunStore, "write" | "settle"> = {
			async write(writes) {
				if (!isBroken) return store.write(writes);
				if (isStored) await store.write(writes);
				throw new Error("no answer");
			},
			settle: (id) => store.settle(id),
		};
		const writer = new AttemptWriter(breaking, status, RULES);
		expect(await writer.write(entries("a", "bc"))).toBe(true);
		expect([writer.sequence, writer.length]).toEqual([2, 3]);
		isBroken = true;
		await expect(writer.write(entries("defg"))).rejects.toThrow("no answer");
		isBroken = false;
		expect(await writer.write(entries("h"))).toBe(true);
		expect(await read()).toEqual(isStored ? ["a", "bc", "defg", "h"] : ["a", "bc", "h"]);
		expect([writer.sequence, writer.length]).toEqual(isStored ? [4, 8] : [3, 4]);
	});

	it("never stands before what is known to be stored, so that a store that has lost it can refuse what comes", async () => {
		const { store, status } = await claimed();
		const afters: number[] = [];
		let isBroken = false;
		const rolledBack: Pick<RunStore, "write" | "settle"> = {
			async write(writes) {
				if (isBroken) throw new Error("no answer");
				afters.push(...writes.map(({ after }) => after));
				return store.write(writes);
			},
			settle: async () => ({ ...status, sequence: 1, length: 1 }),
		};
		const writer = new AttemptWriter(rolledBack, status, RULES);
		await writer.write(entries("a", "b"));
		isBroken = true;
		await expect(writer.write([])).rejects.toThrow("no answer");
		isBroken = false;
		await writer.write(entries("c"));
		expect(afters).toEqual([0, 2]);
	});

	it("keeps a snapshot of the state after the entries", async () => {
		const { store, status } = await claimed();
		const writer = new AttemptWriter(store, status, RULES);
		await writer.write(entries("a", "b"), '{"text":"ab"}');
		expect(await store.snapshot("r", status.attempt)).toEqual({
			sequence: 2,
			state: '{"text":"ab"}',
		});
	});

	it("is refused once the attempt is over", async () => {
		const { store, status, read } = await claimed();
		const writer = new AttemptWriter(store, status, RULES);
		await store.cancel("r", undefined, RULES.ttlMs);
		expect(await writer.write(entries("late"))).toBe(false);
		expect(await writer.write([])).toBe(false);
		expect(await read()).toEqual(["{}"]);
	});
});

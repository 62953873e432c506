/**
 * The queue of writes: who writes in which call of the store.
 */
import { expect, it } from "vitest";
import type { RunStore, RunWrite } from "../src/runs/run-store.js";
import { WriteQueue, type Writer } from "../src/runs/write-queue.js";

class Calls implements Pick<RunStore, "write"> {
	readonly made: string[][] = [];
	#onCall: (() => void)[] = [];

	async write(writes: readonly RunWrite[]): Promise<number[]> {
		this.made.push(writes.map(({ id }) => id));
		for (const resolve of this.#onCall.splice(0)) resolve();
		return writes.map(() => 1);
	}

	async until(count: number): Promise<void> {
		while (this.made.length < count) {
			await new Promise<void>((resolve) => this.#onCall.push(resolve));
		}
	}
}

function writerOf(id: string, isUrgent = false): Writer {
	const rules = { leaseMs: 1, ttlMs: 1, maxRuns: 1 };
	return {
		isUrgent,
		take: () => ({ id, attempt: "a", term: 1, after: 0, entries: [], rules }),
		onWritten: () => {},
		onFailed: () => {},
		renewal: () => undefined,
		onRenewed: () => {},
	};
}

/** A queue in which so many runs wait. */
function queueOf(count: number, batchMs: number) {
	const calls = new Calls();
	const queue = new WriteQueue(calls as unknown as RunStore, batchMs, new Map());
	const ids = Array.from({ length: count }, (_, i) => `run-${i}`);
	for (const id of ids) queue.add(writerOf(id));
	return { calls, queue, ids };
}

it("writes all runs in one call if they are few", async () => {
	const { calls, ids } = queueOf(100, 1);
	await calls.until(1);
	expect(calls.made).toEqual([ids]);
});

it("writes half of many runs in each call, in their order, and all in the end", async () => {
	const { calls, ids } = queueOf(600, 1);
	await calls.until(4);
	expect(calls.made.map(({ length }) => length)).toEqual([300, 150, 100, 50]);
	expect(calls.made.flat()).toEqual(ids);
});

it("writes the first event of a run in the next call, before all runs that wait", async () => {
	const { calls, queue } = queueOf(600, 1);
	await calls.until(1);
	queue.add(writerOf("new", true));
	await calls.until(2);
	expect(calls.made[1]?.[0]).toBe("new");
});

it("writes all runs in one call if no time is to pass between calls", async () => {
	const { calls, ids } = queueOf(600, 0);
	await calls.until(1);
	expect(calls.made).toEqual([ids]);
});

/**
 * The flush: everyone's turn comes, in order, and everything else of the process gets one in between.
 */
import { describe, expect, it } from "vitest";
import { type Flushable, FlushScheduler } from "../src/connection/flush-scheduler.js";

/** Takes longer than a write does, so that a few of them make a slice. */
function slow(name: number, flushed: number[]): Flushable {
	return {
		flush: () => {
			for (const end = performance.now() + 0.5; performance.now() < end; );
			return flushed.push(name) && 0;
		},
	};
}

function turn(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}

async function untilFlushed(flushed: readonly number[], count: number): Promise<number> {
	let turns = 0;
	for (; flushed.length < count; turns++) await turn();
	return turns;
}

describe("a flush", () => {
	it("comes after this turn, once for each call, in the order of the calls", async () => {
		const flush = new FlushScheduler();
		const flushed: number[] = [];
		for (let name = 0; name < 10; name++) flush.schedule({ flush: () => flushed.push(name) && 0 });
		expect(flushed).toEqual([]);
		await turn();
		expect(flushed).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
		await turn();
		expect(flushed).toHaveLength(10);
	});

	it("of many is cut into slices, between which the process does its other work", async () => {
		const flush = new FlushScheduler();
		const flushed: number[] = [];
		for (let name = 0; name < 320; name++) flush.schedule(slow(name, flushed));
		// 160 ms of work; a slice ends at the first look at the clock after its time, here after 64 writes.
		expect(await untilFlushed(flushed, 320)).toBeGreaterThanOrEqual(5);
		expect(flushed).toEqual(Array.from({ length: 320 }, (_, name) => name));
	});

	// Sixty-four writes of a large event between two looks at the clock held everything else up.
	it("looks at the clock after each large write", async () => {
		const flush = new FlushScheduler();
		let flushed = 0;
		const large: Flushable = {
			flush: () => {
				for (const end = performance.now() + 5; performance.now() < end; );
				flushed++;
				return 100_000;
			},
		};
		for (let i = 0; i < 10; i++) flush.schedule({ ...large });
		for (let turns = 1; turns <= 10; turns++) {
			await turn();
			expect(flushed).toBe(turns);
		}
	});

	it("flushes newly scheduled connections after all that wait, and no connection waits forever", async () => {
		const flush = new FlushScheduler();
		const flushed: number[] = [];
		const greedy: Flushable = {
			flush: () => {
				flushed.push(-1);
				if (flushed.length < 1_000) flush.schedule(greedy);
				return 0;
			},
		};
		flush.schedule(greedy);
		for (let name = 0; name < 64; name++) flush.schedule(slow(name, flushed));
		flush.schedule(greedy);
		await untilFlushed(flushed, 100);
		expect(flushed.slice(0, 66)).toEqual([
			-1,
			...Array.from({ length: 64 }, (_, name) => name),
			-1,
		]);
	});

	it("starts a new round with a new list, so that no event's bytes are kept longer", async () => {
		const flush = new FlushScheduler();
		const { start } = flush;
		flush.schedule({ flush: () => 0 });
		await turn();
		expect(flush.start).not.toBe(start);
	});
});

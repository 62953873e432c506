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
			flushed.push(name);
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
		for (let name = 0; name < 10; name++) flush.schedule({ flush: () => void flushed.push(name) });
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

	it("takes those that are scheduled meanwhile after everyone who waits, and nobody waits for ever", async () => {
		const flush = new FlushScheduler();
		const flushed: number[] = [];
		const greedy: Flushable = {
			flush: () => {
				flushed.push(-1);
				if (flushed.length < 1_000) flush.schedule(greedy);
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

	it("begins a new round with a new start, so that no event's bytes outlive theirs", async () => {
		const flush = new FlushScheduler();
		const { start } = flush;
		flush.schedule({ flush: () => {} });
		await turn();
		expect(flush.start).not.toBe(start);
	});
});

/**
 * The flush: writes what connections were sent in one tick of the event loop when the tick ends, with one write per
 * connection.
 *
 * A flush of many connections is cut into slices, between which the process does other work. If a connection is sent more
 * before its turn, one write carries all of it. So under overload each event becomes cheaper, and no backlog builds up here.
 */
import { Context } from "../pacing/context.js";
import { Batch } from "./batch.js";

/** An object with something to write. */
export interface Flushable {
	/** @returns the bytes written */
	flush(): number;
}

// The longest time that one slice blocks other work: a small part of the 15 ms within which a server should get to each
// request. With slices of 4 ms, an arrival under overload waits a quarter longer, and a delivery costs 1 % less.
const SLICE_MS = 3;
// Reading the clock costs less than 1 % of this many writes, or of writing this many bytes.
const WRITES_BETWEEN_LOOKS = 64;
const BYTES_BETWEEN_LOOKS = 64 * 1024;

/** Resolves when this tick of the event loop ends. */
export function endOfTurn(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}

export class FlushScheduler {
	/** The empty batch that a connection's first frame since its last flush is added to. */
	start = new Batch();
	/** The connections to flush in this round, from `#next` on, and those of the next round. */
	#round: Flushable[] = [];
	#next = 0;
	#waiting: Flushable[] = [];
	#scheduled = false;
	readonly #context = new Context();

	/** Schedules one flush of `flushable`: at the end of this tick, or as soon as those before it are flushed. */
	schedule(flushable: Flushable): void {
		this.#waiting.push(flushable);
		this.#run();
	}

	#run(): void {
		if (this.#scheduled) return;
		this.#scheduled = true;
		this.#context.runInAsyncScope(setImmediate, undefined, this.#slice);
	}

	readonly #slice = (): void => {
		this.#scheduled = false;
		if (this.#next === this.#round.length) this.#beginRound();
		const end = performance.now() + SLICE_MS;
		let bytes = 0;
		while (this.#next < this.#round.length) {
			bytes += this.#round[this.#next++]?.flush() ?? 0;
			if (this.#next % WRITES_BETWEEN_LOOKS > 0 && bytes < BYTES_BETWEEN_LOOKS) continue;
			bytes = 0;
			if (performance.now() >= end) break;
		}
		if (this.#next < this.#round.length || this.#waiting.length > 0) this.#run();
		else this.#beginRound();
	};

	#beginRound(): void {
		this.#round = this.#waiting;
		this.#waiting = [];
		this.#next = 0;
		// A new start, so that no batch, and with it no event's bytes, outlives its round.
		this.start = new Batch();
	}
}

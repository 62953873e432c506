/**
 * The flush: what connections were sent in one turn of the event loop leaves when it ends, in one write
 * for each connection.
 *
 * A flush of many connections is cut into slices, between which the process does its other work. A connection
 * that is sent more before its turn comes takes all of it in that one write: when more is sent than can be
 * written, an event becomes cheaper, and nothing piles up.
 */
import { Context } from "../pacing/context.js";
import { Batch } from "./batch.js";

/** What has something to write. */
export interface Flushable {
	/** @returns the bytes that it wrote */
	flush(): number;
}

// At most so long does one slice hold everything else up: a small part of the 15 ms in which a
// process that serves requests should come to each of them.
const SLICE_MS = 4;
// Looking at the clock costs less than a hundredth of this many writes, or of writing this much.
const WRITES_BETWEEN_LOOKS = 64;
const BYTES_BETWEEN_LOOKS = 64 * 1024;

/** Resolves when this turn of the event loop ends. */
export function endOfTurn(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}

export class FlushScheduler {
	/** The empty batch that a connection's first frame since its last flush is added to. */
	start = new Batch();
	/** Those whose turn comes in this round, from `#next` on, and in the round after it. */
	#round: Flushable[] = [];
	#next = 0;
	#waiting: Flushable[] = [];
	#scheduled = false;
	readonly #context = new Context();

	/** Have `flushable` flushed once, when this turn ends, or else as soon as those before it are. */
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

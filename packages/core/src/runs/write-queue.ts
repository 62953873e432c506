/**
 * The writes of all runs that this process produces: one call of the store at a time, for all runs together. Writes that
 * arrive during a call go into the next one.
 */
import type { RunStore, RunWrite } from "./run-store.js";

/** One who writes. */
export interface Writer {
	/** @returns `undefined` if there is nothing to write */
	take(): RunWrite | undefined;
	/** `sequence` undefined: the store refused the write. */
	onWritten(sequence: number | undefined): void;
	onFailed(error: unknown): void;
}

export class WriteQueue {
	readonly #store: RunStore;
	readonly #batchMs: number;
	#waiting: Writer[] = [];
	#isWriting = false;
	#lastAt = Number.NEGATIVE_INFINITY;
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** @param batchMs the minimum time between two calls, in milliseconds; the first is made at once */
	constructor(store: RunStore, batchMs: number) {
		this.#store = store;
		this.#batchMs = batchMs;
	}

	/** Queues a writer. What its `take` returns when its turn comes is written. */
	add(writer: Writer): void {
		this.#waiting.push(writer);
		this.#schedule();
	}

	#schedule(): void {
		if (this.#isWriting || this.#timer !== undefined || this.#waiting.length === 0) return;
		const wait = this.#lastAt + this.#batchMs - performance.now();
		// At the end of this tick, so that events sent together are written together.
		if (wait <= 0) {
			this.#isWriting = true;
			queueMicrotask(() => void this.#write());
		} else {
			this.#timer = setTimeout(() => {
				this.#timer = undefined;
				this.#isWriting = true;
				void this.#write();
			}, wait);
		}
	}

	async #write(): Promise<void> {
		this.#lastAt = performance.now();
		const waiting = this.#waiting;
		this.#waiting = [];
		const writers: Writer[] = [];
		const writes: RunWrite[] = [];
		for (const writer of waiting) {
			const write = writer.take();
			if (write === undefined) continue;
			writers.push(writer);
			writes.push(write);
		}
		try {
			const results = writes.length === 0 ? [] : await this.#store.write(writes);
			for (const [index, writer] of writers.entries()) writer.onWritten(results[index]);
		} catch (error) {
			for (const writer of writers) writer.onFailed(error);
		} finally {
			this.#isWriting = false;
			this.#schedule();
		}
	}
}

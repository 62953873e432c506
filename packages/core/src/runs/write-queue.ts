/**
 * The writes of all runs that this process produces: one call of the store at a time, for all runs together. Writes that
 * arrive during a call go into the next one.
 */
import type { RunStore, RunWrite } from "./run-store.js";

interface Waiting {
	readonly take: () => RunWrite | undefined;
	/** `sequence` undefined: the store refused the write. */
	readonly onWritten: (sequence: number | undefined) => void;
	readonly onError: (error: unknown) => void;
}

export class WriteQueue {
	readonly #store: RunStore;
	readonly #batchMs: number;
	#waiting: Waiting[] = [];
	#isWriting = false;
	#lastAt = Number.NEGATIVE_INFINITY;
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** @param batchMs the minimum time between two calls, in milliseconds; the first is made at once */
	constructor(store: RunStore, batchMs: number) {
		this.#store = store;
		this.#batchMs = batchMs;
	}

	/** Queues a writer. What its `take` returns when its turn comes is written. */
	add(waiting: Waiting): void {
		this.#waiting.push(waiting);
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
		const taken = waiting.flatMap((each) => {
			const write = each.take();
			return write === undefined ? [] : [{ ...each, write }];
		});
		try {
			const results =
				taken.length === 0 ? [] : await this.#store.write(taken.map(({ write }) => write));
			for (const [index, { onWritten }] of taken.entries()) onWritten(results[index]);
		} catch (error) {
			for (const { onError } of taken) onError(error);
		} finally {
			this.#isWriting = false;
			this.#schedule();
		}
	}
}

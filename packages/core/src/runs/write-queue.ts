/**
 * The writes of all runs that this process produces: one call of the store at a time, for all of them together. What
 * comes while one is under way goes with the next.
 */
import type { RunStore, RunWrite } from "./run-store.js";

interface Waiting {
	readonly take: () => RunWrite | undefined;
	/** `sequence` undefined: the store refused it. */
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

	/** @param batchMs the least time from one call to the next, in milliseconds; the first goes at once */
	constructor(store: RunStore, batchMs: number) {
		this.#store = store;
		this.#batchMs = batchMs;
	}

	/** What `take` gives when its turn comes is written. */
	add(waiting: Waiting): void {
		this.#waiting.push(waiting);
		this.#schedule();
	}

	#schedule(): void {
		if (this.#isWriting || this.#timer !== undefined || this.#waiting.length === 0) return;
		const wait = this.#lastAt + this.#batchMs - performance.now();
		// At the end of this turn, so that what is sent together is written together.
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

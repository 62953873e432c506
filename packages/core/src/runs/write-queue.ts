/**
 * The writes of all runs that this process produces: one call of the store at a time, for many runs together. Writes that
 * arrive during a call go into a later one.
 */
import { longerLeaseMs } from "./lease.js";
import type { RunStore, RunWrite } from "./run-store.js";

/**
 * With more writers than `MIN_PER_CALL`, each waits for its turn in up to `MAX_CALLS` calls, and then writes more at once. A write
 * costs a store and its followers more than the events in it: in Redis 16 µs with one token as with four.
 */
const MAX_CALLS = 2;
const MIN_PER_CALL = 100;

/** One who writes. */
export interface Writer {
	/** Whether it writes in the next call, because somebody waits for its first event. */
	readonly isUrgent: boolean;
	/** @returns `undefined` if there is nothing to write */
	take(): RunWrite | undefined;
	/** `sequence` undefined: the store refused the write. */
	onWritten(sequence: number | undefined): void;
	onFailed(error: unknown): void;
	/** @returns a write that only renews its lease, for so much longer; `undefined` if it must not be renewed now, or lasts as long */
	renewal(longerMs: number): RunWrite | undefined;
	/** The store has that renewal. */
	onRenewed(longerMs: number): void;
}

export class WriteQueue {
	readonly #store: RunStore;
	readonly #batchMs: number;
	readonly #writers: ReadonlyMap<string, Writer>;
	/** Both in the order of their arrival. */
	#urgent: Writer[] = [];
	readonly #waiting: Writer[] = [];
	#isWriting = false;
	#lastAt = Number.NEGATIVE_INFINITY;
	#timer: ReturnType<typeof setTimeout> | undefined;

	/**
	 * @param batchMs the minimum time between two calls, in milliseconds; the first is made at once
	 * @param writers all that write here, now and later
	 */
	constructor(store: RunStore, batchMs: number, writers: ReadonlyMap<string, Writer>) {
		this.#store = store;
		this.#batchMs = batchMs;
		this.#writers = writers;
	}

	/** Queues a writer. What its `take` returns when its turn comes is written. */
	add(writer: Writer): void {
		(writer.isUrgent ? this.#urgent : this.#waiting).push(writer);
		this.#schedule();
	}

	#schedule(): void {
		if (this.#isWriting || this.#timer !== undefined) return;
		if (this.#urgent.length + this.#waiting.length === 0) return;
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
		const writers: Writer[] = [];
		const writes: RunWrite[] = [];
		for (const writer of this.#nextWriters()) {
			const write = writer.take();
			if (write === undefined) continue;
			writers.push(writer);
			writes.push(write);
		}
		try {
			const longerMs = longerLeaseMs(writes);
			if (longerMs > 0) await this.#renew(longerMs);
			const results = writes.length === 0 ? [] : await this.#store.write(writes);
			for (const [index, writer] of writers.entries()) writer.onWritten(results[index]);
		} catch (error) {
			for (const writer of writers) writer.onFailed(error);
		} finally {
			this.#isWriting = false;
			this.#schedule();
		}
	}

	/** Nobody can renew a lease while a call is under way, so before a long one those become longer that it may outlast. */
	async #renew(longerMs: number): Promise<void> {
		const writers: Writer[] = [];
		const renewals: RunWrite[] = [];
		for (const writer of this.#writers.values()) {
			const renewal = writer.renewal(longerMs);
			if (renewal === undefined) continue;
			writers.push(writer);
			renewals.push(renewal);
		}
		if (renewals.length === 0) return;
		try {
			const results = await this.#store.write(renewals);
			for (const [index, writer] of writers.entries()) {
				if (results[index] !== undefined) writer.onRenewed(longerMs);
			}
		} catch {
			// The call itself reports what the store rejects with.
		}
	}

	/** Takes those of the next call out of the queue. */
	#nextWriters(): Writer[] {
		// Without a time between calls there is no turn to wait for.
		const calls = this.#batchMs === 0 ? 1 : MAX_CALLS;
		const count = Math.max(MIN_PER_CALL, Math.ceil(this.#waiting.length / calls));
		const next = [...this.#urgent, ...this.#waiting.splice(0, count)];
		this.#urgent = [];
		return next;
	}
}

/**
 * Removes runs from the stream when their time is over. A process removes those that ended here; what others left behind is removed
 * by the first claim of a process, and when there are too many.
 */
import type { RunHead } from "./run-head.js";
import { isForgotten, type Newest } from "./run-keeper.js";
import type { RunRecord } from "./run-record.js";
import type { RunStream } from "./run-stream.js";

const MAX_DELAY_MS = 2 ** 31 - 1;

export class Removal {
	readonly #stream: RunStream;
	readonly #onError: (error: unknown) => void;
	readonly #timers = new Set<ReturnType<typeof setTimeout>>();
	#swept: Promise<void> | undefined;

	constructor(stream: RunStream, onError: (error: unknown) => void) {
		this.#stream = stream;
		this.#onError = onError;
	}

	/** Removes a run that is over when its time is. */
	plan(newest: Pick<Newest, "sequence" | "head">): void {
		const timer = setTimeout(
			() => {
				this.#timers.delete(timer);
				void this.remove(newest);
			},
			Math.min(newest.head.ttlMs, MAX_DELAY_MS),
		);
		timer.unref();
		this.#timers.add(timer);
	}

	/** Removes a run up to a record; what came after it, as another attempt, stays. Never rejects. */
	async remove({ head, sequence }: Pick<Newest, "sequence" | "head">): Promise<void> {
		try {
			await this.#stream.purge(this.#stream.subjects.run(head.id), sequence);
		} catch (error) {
			this.#onError(error);
		}
	}

	/** Removes what is over, the first time that it is called. */
	sweepOnce(): void {
		this.#swept ??= this.sweep().catch(this.#onError);
	}

	async sweep(): Promise<void> {
		const records = await this.#stream.newest();
		const now = await this.#stream.now();
		const over = records.filter(
			(record) => isForgotten(record.head, now) || isAbandoned(record, now),
		);
		await Promise.all(over.map((record) => this.remove(record)));
	}

	close(): void {
		for (const timer of this.#timers) clearTimeout(timer);
		this.#timers.clear();
	}
}

/** Whether its producer died, and nobody has asked for it since. */
function isAbandoned({ head, at }: Pick<RunRecord, "head" | "at">, now: number): boolean {
	const { state, leaseMs, ttlMs }: RunHead = head;
	return state === "running" && now >= at + leaseMs + ttlMs;
}

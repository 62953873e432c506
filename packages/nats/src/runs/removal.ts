/**
 * Removes expired runs from the stream. A process removes those that ended here. Those that other processes left behind are removed
 * by its first claim, and when there are too many.
 */
import { SSEError } from "sse-service/engine";
import { isForgotten, type Newest } from "./run-keeper.js";
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

	/** Removes a run that has ended when its TTL expires. */
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

	/** Removes a run up to a record; later records, such as those of another attempt, stay. Never rejects. */
	async remove({ head, sequence }: Pick<Newest, "sequence" | "head">): Promise<void> {
		try {
			await this.#stream.purge(this.#stream.subjects.run(head.id), sequence);
		} catch (error) {
			this.#onError(error);
		}
	}

	/** Removes expired runs, the first time that it is called. */
	sweepOnce(): void {
		this.#swept ??= this.#sweep().catch(this.#onError);
	}

	/** Removes what has expired if there are too many runs. @throws (rejects) `ERR_SSE_MAX_RUNS` if there still are */
	async makeRoom(maxRuns: number): Promise<void> {
		if ((await this.#stream.count()) < maxRuns) return;
		await this.#sweep();
		if ((await this.#stream.count()) < maxRuns) return;
		throw new SSEError("ERR_SSE_MAX_RUNS", `Too many runs: maxRuns is ${maxRuns}`);
	}

	async #sweep(): Promise<void> {
		const records = await this.#stream.newest();
		// What is removed here does not come back.
		const now = await this.#stream.now(0);
		const over = records.filter((record) => isForgotten(record, now));
		await Promise.all(over.map((record) => this.remove(record)));
	}

	close(): void {
		for (const timer of this.#timers) clearTimeout(timer);
		this.#timers.clear();
	}
}

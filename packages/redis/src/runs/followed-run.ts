/**
 * An attempt that readers in this process follow: caches its latest entries, so that readers need not request them from Redis.
 */
import type { RunEntry } from "sse-service/runs";
import type { Chunk } from "./chunk.js";

// Per attempt. A reader that is further behind reads from Redis.
const MAX_ENTRIES = 2_000;

export class FollowedRun {
	readonly #watchers = new Set<() => void>();
	#entries: RunEntry[] = [];
	/** The sequence of the first cached entry; 0 while nothing is followed yet. */
	#from = 0;
	/** The name in Redis of the newest received chunk, after which the read continues. `undefined`: not followed. */
	last: string | undefined;

	/** @returns the number of watchers */
	add(watcher: () => void): number {
		return this.#watchers.add(watcher).size;
	}

	/** @returns the number of remaining watchers */
	remove(watcher: () => void): number {
		this.#watchers.delete(watcher);
		return this.#watchers.size;
	}

	/** Starts to follow from the end of these chunks, which are all that Redis has from some sequence on. */
	begin(chunks: readonly Chunk[]): void {
		const first = chunks[0];
		this.#from = first?.from ?? 1;
		this.#entries = chunks.flatMap(({ entries }) => entries);
		this.last = chunks.at(-1)?.name ?? "0-0";
	}

	/** Adds a chunk from Redis. */
	take(chunk: Chunk): void {
		this.last = chunk.name;
		// If the newest entries of a run were lost, its end may reuse the sequence of a cached entry.
		const known = chunk.from - this.#from;
		if (known < this.#entries.length) this.#entries.length = Math.max(0, known);
		this.#entries.push(...chunk.entries);
		if (this.#entries.length > MAX_ENTRIES * 1.25) {
			const dropped = this.#entries.length - MAX_ENTRIES;
			this.#entries.splice(0, dropped);
			this.#from += dropped;
		}
		this.wake();
	}

	/** @returns `undefined` if the entries are not cached */
	read(from: number, limit: number): readonly RunEntry[] | undefined {
		if (this.last === undefined || from < this.#from) return undefined;
		if (from > this.#from + this.#entries.length) return undefined;
		return this.#entries.slice(from - this.#from, from - this.#from + limit);
	}

	wake(): void {
		for (const watcher of this.#watchers) watcher();
	}
}

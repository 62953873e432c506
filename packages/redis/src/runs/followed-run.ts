/**
 * An attempt that somebody in this process follows: what has come of it lately, so that its readers ask Redis for nothing
 * that is here.
 */
import type { RunEntry } from "sse-service/runs";
import type { Chunk } from "./chunk.js";

// Per attempt. A reader that is further behind reads from Redis.
const MAX_ENTRIES = 2_000;

export class FollowedRun {
	readonly #watchers = new Set<() => void>();
	#entries: RunEntry[] = [];
	/** The sequence of the first of them; 0 while nothing is followed yet. */
	#from = 0;
	/** The newest chunk that has come, as Redis names it: what is followed comes after it. `undefined`: not followed. */
	last: string | undefined;

	/** @returns how many watch it now */
	add(watcher: () => void): number {
		return this.#watchers.add(watcher).size;
	}

	/** @returns how many watch it still */
	remove(watcher: () => void): number {
		this.#watchers.delete(watcher);
		return this.#watchers.size;
	}

	/** Follow it from the end of these chunks, which are all that Redis has from some sequence on. */
	begin(chunks: readonly Chunk[]): void {
		const first = chunks[0];
		this.#from = first?.from ?? 1;
		this.#entries = chunks.flatMap(({ entries }) => entries);
		this.last = chunks.at(-1)?.name ?? "0-0";
	}

	/** Has come from Redis. */
	take(chunk: Chunk): void {
		this.last = chunk.name;
		// The end of a run whose newest entries were lost may have the number of one that is here.
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

	/** @returns `undefined` when that is not here */
	read(from: number, limit: number): readonly RunEntry[] | undefined {
		if (this.last === undefined || from < this.#from) return undefined;
		if (from > this.#from + this.#entries.length) return undefined;
		return this.#entries.slice(from - this.#from, from - this.#from + limit);
	}

	wake(): void {
		for (const watcher of this.#watchers) watcher();
	}
}

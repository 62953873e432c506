/**
 * An attempt that readers in this process follow: caches its latest entries, so that readers need not request them from Redis.
 */
import { RecentEntries, type RunEntry } from "sse-service/runs";
import type { Chunk } from "./chunk.js";

export class FollowedRun {
	readonly #watchers = new Set<() => void>();
	readonly #recent = new RecentEntries();
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
		const entries = chunks.flatMap((chunk) => chunk.entries);
		this.#recent.begin(chunks[0]?.from ?? 1, entries);
		this.last = chunks.at(-1)?.name ?? "0-0";
	}

	/** Adds a chunk from Redis. @returns false if it is not the next: it comes from another server, or something was lost */
	take({ name, from, entries }: Chunk): boolean {
		// Nobody follows yet: it is read first.
		if (this.last === undefined) return true;
		if (!this.#recent.add(from, entries)) return false;
		this.last = name;
		this.wake();
		return true;
	}

	/** What it has is to be read again. */
	lose(): void {
		this.last = undefined;
		this.wake();
	}

	/** @returns `undefined` if the entries are not cached */
	read(from: number, limit: number): readonly RunEntry[] | undefined {
		return this.last === undefined ? undefined : this.#recent.read(from, limit);
	}

	wake(): void {
		for (const watcher of this.#watchers) watcher();
	}
}

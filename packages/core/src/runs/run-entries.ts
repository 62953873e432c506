/**
 * The entries of a run in memory: the newest as they are, for those who follow, and all others in pages.
 */
import { EntryPage } from "./entry-page.js";
import type { RunEntry } from "./run-store.js";

/** Entries of a page; only the last page of a run has fewer. */
const PAGE = 1_024;

export class RunEntries {
	readonly #pages: EntryPage[] = [];
	#newest: RunEntry[] = [];
	/** The number of entries in pages. */
	#paged = 0;

	get count(): number {
		return this.#paged + this.#newest.length;
	}

	/** Nothing may follow an end. */
	push(entry: RunEntry): void {
		const isEnd = entry.end !== undefined;
		if (this.#newest.length === PAGE || (isEnd && this.#newest.length > 0)) {
			this.#pages.push(new EntryPage(this.#newest));
			this.#paged += this.#newest.length;
			this.#newest = [];
		}
		this.#newest.push(entry);
	}

	/** Returns at most `limit` entries from a sequence; the first is 1. */
	read(from: number, limit: number): RunEntry[] {
		const entries: RunEntry[] = [];
		const until = from - 1 + limit;
		for (let index = from - 1; index < Math.min(until, this.#paged); ) {
			const number = Math.floor(index / PAGE);
			const first = number * PAGE;
			const page = this.#pages[number]?.slice(index - first, until - first) ?? [];
			entries.push(...page);
			index += page.length;
		}
		const newest = Math.max(0, from - 1 - this.#paged);
		const left = limit - entries.length;
		return left > 0 ? [...entries, ...this.#newest.slice(newest, newest + left)] : entries;
	}
}

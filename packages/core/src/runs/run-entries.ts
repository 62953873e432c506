/**
 * The entries of a run in memory: the newest as they are, for followers, and all others in pages.
 */
import { EntryPage } from "./entry-page.js";
import type { RunEntry } from "./run-store.js";

/** Entries of a page; only the last page of a run has fewer. */
const PAGE = 1_024;
// Characters of one read. A reader that does not read on holds them.
const READ_LENGTH = 64 * 1024;

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

	/** Returns at most `limit` entries from a sequence; the first is 1. Fewer if they are large, but at least one. */
	read(from: number, limit: number): RunEntry[] {
		const entries: RunEntry[] = [];
		let left = READ_LENGTH;
		while (entries.length < limit && left > 0) {
			const index = from - 1 + entries.length;
			const part = this.#part(index, index + limit - entries.length, left);
			if (part.length === 0) break;
			for (const entry of part) {
				entries.push(entry);
				left -= entry.data.length;
			}
		}
		return entries;
	}

	/** Entries from one index to before another: those of one page, or the newest. */
	#part(from: number, until: number, maxLength: number): RunEntry[] {
		const number = Math.floor(from / PAGE);
		const first = number * PAGE;
		const page = from < this.#paged ? this.#pages[number] : undefined;
		if (page !== undefined) return page.slice(from - first, until - first, maxLength);
		let length = 0;
		const newest = this.#newest.slice(from - this.#paged, until - this.#paged);
		const end = newest.findIndex(({ data }) => {
			length += data.length;
			return length >= maxLength;
		});
		return end < 0 ? newest : newest.slice(0, end + 1);
	}
}

/**
 * The newest entries of a run that somebody in this process follows. A store keeps them, so that readers need not request them.
 */
import type { RunEntry } from "./run-store.js";

// Per run, so a thousand followed runs multiply it. A reader that is further behind reads from the store.
const MAX_ENTRIES = 500;
const MAX_LENGTH = 4_194_304;

export class RecentEntries {
	#entries: RunEntry[] = [];
	/** The sequence of the first entry here. */
	#from = 1;
	/** The length of their data, in characters. */
	#length = 0;

	/** Starts with the entries from a sequence on, which are all there are. */
	begin(from: number, entries: readonly RunEntry[]): void {
		this.#entries = [];
		this.#from = from;
		this.#length = 0;
		this.add(from, entries);
	}

	/**
	 * Adds entries from a sequence on. Those it had from there on are replaced: a store that lost entries reuses their sequences.
	 *
	 * @returns false, and adds nothing, if there are entries missing in between
	 */
	add(from: number, entries: readonly RunEntry[]): boolean {
		const next = this.#from + this.#entries.length;
		if (from > next) return false;
		if (from < next) {
			this.#length -= lengthOf(this.#entries.splice(Math.max(0, from - this.#from)));
		}
		this.#from = Math.min(this.#from, from);
		for (const entry of entries) this.#entries.push(entry);
		this.#length += lengthOf(entries);
		if (this.#entries.length > MAX_ENTRIES * 1.25 || this.#length > MAX_LENGTH * 1.25) this.#trim();
		return true;
	}

	/** Returns at most `limit` entries from a sequence; `undefined` if that one is not here, and not the next to come. */
	read(from: number, limit: number): readonly RunEntry[] | undefined {
		if (from < this.#from || from > this.#from + this.#entries.length) return undefined;
		return this.#entries.slice(from - this.#from, from - this.#from + limit);
	}

	/**
	 * Reads like `read`, for the only reader, and releases all entries up to those: kept until there are many, they would cost the
	 * collector as much as everything else that is done with them.
	 */
	take(from: number, limit: number): readonly RunEntry[] | undefined {
		const entries = this.read(from, limit);
		if (entries === undefined) return undefined;
		const next = from + entries.length;
		this.#length -= lengthOf(this.#entries.splice(0, next - this.#from));
		this.#from = next;
		return entries;
	}

	#trim(): void {
		let dropped = Math.max(0, this.#entries.length - MAX_ENTRIES);
		let length = this.#length - lengthOf(this.#entries.slice(0, dropped));
		// The newest stays, however long.
		while (length > MAX_LENGTH && dropped < this.#entries.length - 1) {
			length -= this.#entries[dropped++]?.data.length ?? 0;
		}
		this.#entries.splice(0, dropped);
		this.#from += dropped;
		this.#length = length;
	}
}

function lengthOf(entries: readonly RunEntry[]): number {
	return entries.reduce((sum, { data }) => sum + data.length, 0);
}

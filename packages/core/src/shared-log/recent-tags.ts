/**
 * The tags of the newest positions of a log: four bytes each, so that cursors can be checked long after their events are gone.
 */

/** So many positions are known. */
export const CAPACITY = 65_536;

export class RecentTags {
	readonly #tags = new Uint32Array(CAPACITY);
	/** The sequence of the oldest that is known, and that of the newest. */
	#first: number;
	#last: number;

	/** @param sequence of the first one that is known */
	constructor(sequence: number, tag: string) {
		this.#first = sequence;
		this.#last = sequence - 1;
		this.add(tag);
	}

	get first(): number {
		return this.#first;
	}

	/** That of the next sequence. */
	add(tag: string): void {
		this.#last++;
		this.#tags[this.#last % CAPACITY] = Number.parseInt(tag, 36);
		this.#first = Math.max(this.#first, this.#last - CAPACITY + 1);
	}

	/** @returns `undefined` where it is not known */
	at(sequence: number): string | undefined {
		if (sequence < this.#first || sequence > this.#last) return undefined;
		return this.#tags[sequence % CAPACITY]?.toString(36);
	}

	/** What they take in memory. */
	get bytes(): number {
		return this.#tags.byteLength;
	}
}

/** A tag for what is about to be appended. */
export function newTag(): string {
	return Math.floor(Math.random() * 2 ** 32).toString(36);
}

/**
 * The tags of the newest positions of a log: four bytes each, so that cursors can be checked long after their events are gone.
 */

/** The number of positions remembered. */
export const CAPACITY = 65_536;

export class RecentTags {
	readonly #tags = new Uint32Array(CAPACITY);
	/** The sequences of the oldest and the newest position remembered. */
	#first: number;
	#last: number;

	/** @param sequence of the first position */
	constructor(sequence: number, tag: string) {
		this.#first = sequence;
		this.#last = sequence - 1;
		this.add(tag);
	}

	get first(): number {
		return this.#first;
	}

	/** Adds the tag of the next sequence. */
	add(tag: string): void {
		this.#last++;
		this.#tags[this.#last % CAPACITY] = Number.parseInt(tag, 36);
		this.#first = Math.max(this.#first, this.#last - CAPACITY + 1);
	}

	/** @returns `undefined` if not remembered */
	at(sequence: number): string | undefined {
		if (sequence < this.#first || sequence > this.#last) return undefined;
		return this.#tags[sequence % CAPACITY]?.toString(36);
	}

	/** What they take in memory. */
	get bytes(): number {
		return this.#tags.byteLength;
	}
}

/** A random tag for a new append. */
export function newTag(): string {
	return Math.floor(Math.random() * 2 ** 32).toString(36);
}

/**
 * A stride: how many entries a follower asks for at a time. Fewer while replies take long: of one that does not arrive in time nothing
 * is there, and the next one would be as long. Also how long a reply may take, because one entry can be large.
 */

/** A reply that took less lets the next one be longer, and one that took more makes it shorter, in milliseconds. */
const QUICK_MS = 1_000;
const SLOW_MS = 3_000;
/** What is left of it after a reply that did not arrive. */
const FAILED = 1 / 16;
/** How long a reply may take: twice as long after each with one entry that did not arrive. */
const FIRST_LIMIT_MS = 5_000;
const MAX_LIMIT_MS = 40_000;

export class Stride {
	readonly #most: number;
	#count: number;
	#next: number;
	#limitMs = FIRST_LIMIT_MS;
	#nextLimitMs = FIRST_LIMIT_MS;

	constructor(most: number) {
		this.#most = most;
		this.#count = most;
		this.#next = most;
	}

	/** Returns how many to ask for now. Until `onReply`, their reply counts as one that does not arrive, whatever the cause. */
	begin(): number {
		this.#count = this.#next;
		this.#next = Math.max(1, Math.floor(this.#count * FAILED));
		this.#limitMs = this.#nextLimitMs;
		if (this.#count === 1) this.#nextLimitMs = Math.min(MAX_LIMIT_MS, this.#limitMs * 2);
		return this.#count;
	}

	/** A connection on which the reply has not arrived by then, in milliseconds, is up but delivers nothing. */
	get limitMs(): number {
		return this.#limitMs;
	}

	/** @param ms how long the reply took */
	onReply(ms: number): void {
		const factor = ms < QUICK_MS ? 2 : ms > SLOW_MS ? 1 / 2 : 1;
		this.#next = Math.max(1, Math.min(this.#most, Math.floor(this.#count * factor)));
		this.#nextLimitMs = ms > SLOW_MS ? this.#limitMs : FIRST_LIMIT_MS;
	}
}

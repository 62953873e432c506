/**
 * A limiter: runs only so many pieces of work at a time, first come, first served.
 */

/** It has to be ended in any case, also while it is waited for. */
export interface Turn {
	/** `undefined`: it has begun at once. */
	readonly begins: Promise<void> | undefined;
	/** Let the next one have it. A second call does nothing. */
	end(): void;
}

type Begin = () => void;

export class Limiter {
	readonly #limit: number;
	readonly #waiting = new Set<Begin>();
	readonly #begun = new Set<Begin>();

	/** @param limit how many have their turn at a time */
	constructor(limit: number) {
		this.#limit = limit;
	}

	take(): Turn {
		let begin: Begin = () => {};
		const isFree = this.#begun.size < this.#limit;
		const begins = isFree
			? undefined
			: new Promise<void>((resolve) => {
					begin = resolve;
				});
		(isFree ? this.#begun : this.#waiting).add(begin);
		const end = (): void => {
			this.#waiting.delete(begin);
			if (this.#begun.delete(begin)) this.#next();
		};
		return { begins, end };
	}

	#next(): void {
		const [begin] = this.#waiting;
		if (begin === undefined) return;
		this.#waiting.delete(begin);
		this.#begun.add(begin);
		begin();
	}
}

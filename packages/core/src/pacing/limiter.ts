/**
 * A limiter: runs a limited number of tasks at a time, first come, first served.
 */

/** The caller must end a turn in every case, even while still waiting for it. */
export interface Turn {
	/** Resolves when the turn begins. `undefined`: it began at once. */
	readonly begins: Promise<void> | undefined;
	/** Passes the turn to the next in line. A second call does nothing. */
	end(): void;
}

type Begin = () => void;

export class Limiter {
	readonly #limit: number;
	readonly #waiting = new Set<Begin>();
	readonly #begun = new Set<Begin>();

	/** @param limit how many turns run at a time */
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

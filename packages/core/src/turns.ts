/**
 * Turns: work of which only so much is done at a time. Who asked first is first.
 */

/** It has to be ended in any case, also while it is waited for. */
export interface Turn {
	/** `undefined`: it has begun at once. */
	readonly begins: Promise<void> | undefined;
	/** Let the next one have it. A second call does nothing. */
	end(): void;
}

type Begin = () => void;

export class Turns {
	readonly #limit: number;
	readonly #waiting = new Set<Begin>();
	#count = 0;

	/** @param limit how many have their turn at a time */
	constructor(limit: number) {
		this.#limit = limit;
	}

	take(): Turn {
		let state: "waiting" | "begun" | "ended" = "waiting";
		let onBegun: Begin = () => {};
		const begin = (): void => {
			state = "begun";
			this.#count++;
			onBegun();
		};
		const end = (): void => {
			this.#waiting.delete(begin);
			if (state === "begun") this.#next();
			state = "ended";
		};
		if (this.#count < this.#limit) {
			begin();
			return { begins: undefined, end };
		}
		this.#waiting.add(begin);
		const begins = new Promise<void>((resolve) => {
			onBegun = resolve;
		});
		return { begins, end };
	}

	#next(): void {
		this.#count--;
		const [begin] = this.#waiting;
		if (begin === undefined) return;
		this.#waiting.delete(begin);
		begin();
	}
}

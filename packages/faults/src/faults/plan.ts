/**
 * The plan: which fault is next. A seed repeats it.
 */
import type { Random } from "@sse-service/testing";
import type { Fault } from "./fault.js";

/** How many of a hundred rounds have two faults at the same time. */
const TWO_PERCENT = 40;

export class Plan {
	readonly #faults: readonly Fault[];
	readonly #random: Random;
	#bag: Fault[] = [];

	constructor(faults: readonly Fault[], random: Random) {
		this.#faults = faults;
		this.#random = random;
	}

	/** One fault, or two of different kinds. All come before one comes again. */
	next(): readonly Fault[] {
		const first = this.#take(() => true);
		if (first === undefined) return [];
		const isTwo = !first.isAlone && this.#random.between(1, 100) <= TWO_PERCENT;
		const second = isTwo
			? this.#take(({ kind, isAlone }) => kind !== first.kind && !isAlone)
			: undefined;
		return second === undefined ? [first] : [first, second];
	}

	#take(isWanted: (fault: Fault) => boolean): Fault | undefined {
		if (this.#bag.length === 0) this.#bag = [...this.#faults];
		const wanted = this.#bag.filter(isWanted);
		const fault = wanted[this.#random.between(0, wanted.length - 1)];
		if (fault !== undefined) this.#bag.splice(this.#bag.indexOf(fault), 1);
		return fault;
	}
}

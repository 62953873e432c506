/**
 * A course: a branch of the log that a reader may be on. It has received all that the branch has for it since its last gap, and
 * nothing else.
 */
import type { Branch } from "../truth/branch.js";
import type { Position } from "../truth/position.js";
import type { Reader } from "../truth/target.js";
import type { Truth } from "../truth/truth.js";

/** Where a reader comes to, and when. */
export interface Step {
	readonly position: Position;
	/** Of the event that it is there by. */
	readonly number: number | undefined;
	readonly at: number;
}

/** Why a reader cannot have gone on along a course. */
export interface Obstacle {
	/** The events that it missed; none when the position is not on the branch. */
	readonly missed: readonly number[];
}

interface Owed {
	readonly number: number;
	readonly sequence: number;
}

/** Who goes along a course. */
export interface Traveller {
	readonly reader: Reader;
	/** The newest event of each key that it received. */
	readonly states: ReadonlyMap<string, number>;
}

export class Course {
	readonly branch: Branch;
	readonly #truth: Truth;
	readonly #traveller: Traveller;
	/** By key, the newest event that was passed by. A newer one makes up for it. */
	readonly #owed: Map<string, Owed>;

	constructor(
		truth: Truth,
		traveller: Traveller,
		branch: Branch,
		owed: Iterable<[string, Owed]> = [],
	) {
		this.#truth = truth;
		this.#traveller = traveller;
		this.branch = branch;
		this.#owed = new Map(owed);
	}

	/** Go on from where the reader was. @returns what stands in the way, if anything does */
	go(from: Position, { position, number, at }: Step): Obstacle | undefined {
		if (!this.#truth.isOn(this.branch, position)) return { missed: [] };
		const missed: number[] = [];
		for (const each of this.#between(from.sequence, position.sequence)) {
			if (each.number === number) continue;
			const key = this.#truth.keyOf(each.number);
			const { ttlMs = Infinity, at: sentAt } = each.sent;
			if (key === undefined) {
				if (at - sentAt < ttlMs) missed.push(each.number);
			} else if (this.branch.at(each.sequence) !== undefined) {
				this.#owed.set(key, each);
			}
		}
		missed.push(...this.#unreplaced());
		return missed.length > 0 ? { missed } : undefined;
	}

	/**
	 * The course of a branch that left this one, for a reader at a position.
	 *
	 * @returns `undefined` when the reader cannot go on along it: it received what is not there, or lacks what is
	 */
	fork(branch: Branch, at: Position): Course | undefined {
		const forked = new Course(this.#truth, this.#traveller, branch, this.#owed);
		if (forked.#unreplaced().length > 0) return undefined;
		if (at.sequence <= branch.after) return forked;
		if (!this.#truth.isOn(branch, at)) return undefined;
		const [own, others] = [this, forked].map((each) =>
			[...each.#between(branch.after, at.sequence)].map(({ number }) => number).join(),
		);
		return own === others ? forked : undefined;
	}

	#between(after: number, upTo: number): ReturnType<Truth["between"]> {
		return this.#truth.between(this.branch, after, upTo, this.#traveller.reader);
	}

	/** The events that were passed by though the branch has no newer ones of their keys, and the reader neither. */
	#unreplaced(): readonly number[] {
		return [...this.#owed].flatMap(([key, { number, sequence }]) => {
			const own = this.#traveller.states.get(key);
			const places = own === undefined ? [] : this.branch.placesOf(own);
			const isHad = places.some((place) => place >= sequence);
			if (isHad) this.#owed.delete(key);
			return isHad || this.branch.newestOf(key) > sequence ? [] : [number];
		});
	}
}

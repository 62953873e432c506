/**
 * A course: a branch of the log that a reader may be on. It has received all that the branch has for it since its last gap, and
 * nothing else.
 */
import type { Branch } from "../truth/branch.js";
import type { Passed } from "../truth/passed.js";
import type { Position } from "../truth/position.js";
import { groupOf, type Reader } from "../truth/target.js";
import type { Truth } from "../truth/truth.js";
import type { Memberships } from "./memberships.js";

/** Where a reader comes to, and when. */
export interface Step {
	readonly position: Position;
	/** Of the event that it is there by. */
	readonly number: number | undefined;
	readonly at: number;
}

/** Why a reader cannot have continued on a course. */
export interface Obstacle {
	/** The events that it missed; none when the position is not on the branch. */
	readonly missed: readonly number[];
	/** The event that it was sent, and that was for a group that it is not in. */
	readonly foreign?: number | undefined;
}

/** How much of the log, at least, a process reads again after a gap. */
const READ_AGAIN = 100;

interface Owed {
	readonly number: number;
	readonly sequence: number;
}

/** The reader on a course. */
export interface Traveller {
	readonly reader: Reader;
	/** The newest event of each key that it received. */
	readonly states: ReadonlyMap<string, number>;
	/** The commands that were given while its stream was open. Earlier ones do not concern that. */
	readonly asked: ReadonlySet<number>;
	/** Those that were under way when it opened. */
	readonly unsettled: ReadonlySet<number>;
}

export class Course {
	readonly branch: Branch;
	memberships: Memberships;
	readonly #truth: Truth;
	readonly #traveller: Traveller;
	/** By key, the newest event that was passed by. A newer one makes up for it. */
	readonly #owed: Map<string, Owed>;

	constructor(
		truth: Truth,
		traveller: Traveller,
		branch: Branch,
		memberships: Memberships,
		owed: Iterable<[string, Owed]> = [],
	) {
		this.#truth = truth;
		this.#traveller = traveller;
		this.branch = branch;
		this.memberships = memberships;
		this.#owed = new Map(owed);
	}

	/** Moves the reader forward. @returns why it cannot be there, if it cannot */
	go(from: Position, { position, number, at }: Step): Obstacle | undefined {
		if (!this.#truth.isOn(this.branch, position)) return { missed: [] };
		const missed: number[] = [];
		let foreign: number | undefined;
		let lookedAt = from.sequence;
		for (const each of this.#between(from.sequence, position.sequence)) {
			this.#doubtUnread(lookedAt, each.sequence);
			lookedAt = each.sequence;
			if ("told" in each) {
				const { asked, unsettled } = this.#traveller;
				if (asked.has(each.id)) this.memberships.pass(each.id, each.told);
				else if (unsettled.has(each.id)) this.memberships.passUnsure(each.id, each.told);
				continue;
			}
			const membership = this.memberships.in(groupOf(each.sent.target));
			if (each.number === number) {
				if (membership === "out") foreign = number;
				continue;
			}
			if (membership !== "in") continue;
			const key = this.#truth.keyOf(each.number);
			const { ttlMs = Infinity, at: sentAt } = each.sent;
			if (key === undefined) {
				if (at - sentAt < ttlMs) missed.push(each.number);
			} else if (this.branch.at(each.sequence) !== undefined) {
				this.#owed.set(key, each);
			}
		}
		this.#doubtUnread(lookedAt, position.sequence);
		missed.push(...this.#unreplaced());
		return missed.length > 0 || foreign !== undefined ? { missed, foreign } : undefined;
	}

	/** The reader was led to a position by a gap. Its process obeys what it then has of the log still. */
	land({ sequence }: Position): void {
		const { asked } = this.#traveller;
		const places = [...asked]
			.filter((id) => !this.memberships.hasPassed(id))
			.map((id) => ({
				id,
				told: this.#truth.told.get(id),
				place: this.branch.placeOfTold(id),
			}));
		places.sort((one, other) => (one.place ?? 0) - (other.place ?? 0));
		for (const { id, told, place } of places) {
			if (told === undefined) continue;
			if (place === undefined) this.memberships.doubt(told.group);
			else if (place <= sequence) {
				this.memberships.pass(id, told);
				const isRead = sequence - place < READ_AGAIN && this.#truth.isKept(this.branch, place);
				if (!isRead) this.memberships.doubt(told.group);
			}
		}
	}

	/**
	 * The course of a branch that left this one, for a reader at a position.
	 *
	 * @returns `undefined` when the reader cannot continue along it: it received what is not there, or lacks what is
	 */
	fork(branch: Branch, at: Position): Course | undefined {
		const memberships = this.memberships.copy();
		const forked = new Course(this.#truth, this.#traveller, branch, memberships, this.#owed);
		if (forked.#unreplaced().length > 0) return undefined;
		// Its process may have obeyed what is lost.
		for (const each of this.#between(branch.after, this.branch.newest)) {
			if ("told" in each) memberships.doubt(each.told.group);
		}
		if (at.sequence <= branch.after) return forked;
		if (!this.#truth.isOn(branch, at)) return undefined;
		const [own, others] = [this, forked].map((each) => each.#numbersBetween(branch.after, at));
		return own === others ? forked : undefined;
	}

	/** What was removed after one sequence, up to another, and never read may have been a command. */
	#doubtUnread(after: number, upTo: number): void {
		if (!this.branch.hasUnread(after, upTo)) return;
		const { asked, unsettled } = this.#traveller;
		for (const id of [...asked, ...unsettled]) {
			const told = this.#truth.told.get(id);
			if (told === undefined || this.branch.placeOfTold(id) !== undefined) continue;
			this.memberships.doubt(told.group);
		}
	}

	#between(after: number, upTo: number): Iterable<Passed> {
		return this.#truth.between(this.branch, after, upTo, this.#traveller.reader);
	}

	/** The events that may be for the reader, after a sequence, up to a position. */
	#numbersBetween(after: number, { sequence }: Position): string {
		const numbers: number[] = [];
		for (const each of this.#between(after, sequence)) {
			if ("told" in each) continue;
			if (this.memberships.in(groupOf(each.sent.target)) !== "out") numbers.push(each.number);
		}
		return numbers.join();
	}

	/** The events that were passed by though the branch has no newer ones of their keys, and the reader neither. */
	#unreplaced(): readonly number[] {
		return [...this.#owed].flatMap(([key, { number, sequence }]) => {
			const own = this.#traveller.states.get(key);
			const places = own === undefined ? [] : this.branch.placesOf(own);
			const isHad = places.some((place) => place >= sequence);
			if (isHad) this.#owed.delete(key);
			return isHad || this.#truth.mayHaveNewer(this.branch, key, sequence) ? [] : [number];
		});
	}
}

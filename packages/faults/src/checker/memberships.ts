/**
 * The memberships of one reader: the groups that it is in where it is in the log. It comes to some when it connects, and commands
 * of any process change them. The process that received the command carries it out at once, the others when the log delivers it.
 */
import type { Told } from "../truth/told.js";

/** `unsure`: it may be in the group or not. */
type Membership = "in" | "out" | "unsure";

export class Memberships {
	readonly #states: Map<string, Membership>;
	/** By group, commands that may be obeyed before the log delivers them. In the end the one that the log has last holds. */
	readonly #ahead: Map<string, ReadonlySet<number>>;
	/** The commands that the reader is past. */
	readonly #passed: Set<number>;

	private constructor(other?: Memberships) {
		this.#states = new Map(other === undefined ? [] : other.#states);
		this.#ahead = new Map(other === undefined ? [] : other.#ahead);
		this.#passed = new Set(other === undefined ? [] : other.#passed);
	}

	/** Those of one that has connected. */
	static of(groups: readonly string[]): Memberships {
		const memberships = new Memberships();
		for (const group of groups) memberships.#states.set(group, "in");
		return memberships;
	}

	copy(): Memberships {
		return new Memberships(this);
	}

	/** Whether the reader is in a group. All are in `undefined`. */
	in(group: string | undefined): Membership {
		return group === undefined ? "in" : (this.#states.get(group) ?? "out");
	}

	doubt(group: string): void {
		this.#states.set(group, "unsure");
	}

	/** Becomes unsure wherever the other one differs. */
	doubtUnlike(other: Memberships): void {
		for (const group of new Set([...this.#states.keys(), ...other.#states.keys()])) {
			if (this.in(group) !== other.in(group)) this.doubt(group);
		}
	}

	/** A command may be obeyed from now on, before the reader comes to where the log has it. */
	obeyAhead(id: number, { group }: Told): void {
		this.#ahead.set(group, new Set([...(this.#ahead.get(group) ?? []), id]));
		this.doubt(group);
	}

	/** The reader has come to where the log has a command. */
	pass(id: number, { group, do: what }: Told): void {
		this.#passed.add(id);
		if (this.#isNoneAheadOf(id, group)) this.#states.set(group, what === "join" ? "in" : "out");
		else this.doubt(group);
	}

	/** The same, of a command that concerns the reader's stream or not. */
	passUnsure(id: number, { group }: Told): void {
		this.#isNoneAheadOf(id, group);
		this.doubt(group);
	}

	/** @returns whether no other command for a group may have been obeyed, when one is passed */
	#isNoneAheadOf(id: number, group: string): boolean {
		const ahead = new Set(this.#ahead.get(group));
		ahead.delete(id);
		this.#ahead.set(group, ahead);
		return ahead.size === 0;
	}

	hasPassed(id: number): boolean {
		return this.#passed.has(id);
	}
}

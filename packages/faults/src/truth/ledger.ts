/**
 * The ledger: what the engine's log has, as the checker reads it itself, past the processes that are checked. It remembers what
 * the engine has lost or trimmed since.
 */
import { Branch, type Entry, type Found } from "./branch.js";
import { nameOf, type Position } from "./position.js";

/** The position up to which the log was read. */
export interface Bookmark {
	readonly epoch: string;
	readonly sequence: number;
}

interface NewEntry {
	readonly branch: Branch;
	readonly entry: Entry;
}

export class Ledger {
	readonly #keyOf: (number: number) => string | undefined;
	readonly #branches = new Map<string, Branch[]>();
	/** Entries that have come since `takeNew`. */
	#new: NewEntry[] = [];
	#problems: string[] = [];
	#current: Branch | undefined;

	/** @param keyOf names the key of an event */
	constructor(keyOf: (number: number) => string | undefined) {
		this.#keyOf = keyOf;
	}

	/** The branch that the engine is on. */
	get current(): Branch | undefined {
		return this.#current;
	}

	/** Where to read on. */
	get bookmark(): Bookmark | undefined {
		const current = this.#current;
		return current && { epoch: current.epoch, sequence: readTo(current) };
	}

	/** The branches of an epoch, the oldest first. */
	of(epoch: string): readonly Branch[] {
		return this.#branches.get(epoch) ?? [];
	}

	all(): readonly Branch[] {
		return [...this.#branches.values()].flat();
	}

	get epochs(): number {
		return this.#branches.size;
	}

	/** Whether the log was read at a position, on any branch. */
	has(position: Position): boolean {
		return this.of(position.epoch).some((branch) => branch.has(position));
	}

	/** @param branch the one that the engine was on when it was asked */
	read(found: Found, branch: Branch | undefined): void {
		// A loss came between the question and the answer.
		if (branch !== this.#current) return;
		const { epoch, entries } = found;
		if (branch?.epoch !== epoch) this.#current = this.of(epoch).at(-1) ?? this.found(epoch);
		if (this.#current !== undefined) this.add(this.#current, entries);
	}

	add(branch: Branch, entries: Found["entries"]): void {
		for (const [sequence, entry] of entries) {
			if (branch.at(sequence)?.tag === entry.tag) continue;
			const { number } = entry;
			const key = number === undefined ? undefined : this.#keyOf(number);
			const before = branch.add(sequence, entry, key);
			this.#new.push({ branch, entry });
			if (before === undefined) continue;
			const [one, other] = [before, entry].map(({ tag }) =>
				nameOf({ epoch: branch.epoch, sequence, tag }),
			);
			this.#problems.push(`the log has ${other} where it had ${one}, though it lost nothing`);
		}
	}

	/** Whether an event was read anywhere. */
	isRead(number: number): boolean {
		return this.all().some((branch) => branch.placesOf(number).length > 0);
	}

	/** A log of another epoch has shown up. */
	found(epoch: string): Branch {
		const branch = new Branch(epoch);
		this.#branches.set(epoch, [branch]);
		return branch;
	}

	/**
	 * The engine has lost what is after a sequence, and continues from there.
	 *
	 * @returns the branch that it was on: whatever else that had can be added still
	 */
	fork(sequence: number): Branch | undefined {
		const left = this.#current;
		if (left === undefined) return undefined;
		this.#current = new Branch(left.epoch, left, sequence);
		this.#branches.get(left.epoch)?.push(this.#current);
		return left;
	}

	/** What came since this was called last, and what is wrong with it. */
	takeNew(): { readonly entries: readonly NewEntry[]; readonly problems: readonly string[] } {
		const taken = { entries: this.#new, problems: this.#problems };
		this.#new = [];
		this.#problems = [];
		return taken;
	}
}

/** The sequence up to which a branch was read, what it shares with its parent included. */
function readTo({ parent, after, newest }: Branch): number {
	const shared = parent === undefined ? after : Math.min(after, readTo(parent));
	return shared < after ? shared : newest;
}

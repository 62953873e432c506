/**
 * A branch: one course that a log took. A log that loses acknowledged entries and stores others in their places has two: they
 * share what is before the loss.
 */
import type { Position } from "./position.js";

/** What is in one place of the log. */
export interface Entry {
	readonly tag: string;
	/** Of the event in it. A command, or anything else, has none. */
	readonly number?: number | undefined;
	/** The id of the command in it. */
	readonly told?: number | undefined;
}

/** What the engine answered when its log was read. */
export interface Found {
	readonly epoch: string;
	/** By sequence. */
	readonly entries: ReadonlyMap<number, Entry>;
}

export class Branch {
	readonly epoch: string;
	/** The branch that it left, and the last sequence that both have. */
	readonly parent: Branch | undefined;
	readonly after: number;
	readonly #entries = new Map<number, Entry>();
	/** The places of each event. */
	readonly #places = new Map<number, number[]>();
	/** The place of each command. */
	readonly #ofTold = new Map<number, number>();
	/** The places of the events of each key. */
	readonly #ofKeys = new Map<string, number[]>();
	#newest: number;
	/** The engine has left it, and nothing of it is unread. */
	#isWhole = false;

	constructor(epoch: string, parent?: Branch, after = 0) {
		this.epoch = epoch;
		this.parent = parent;
		this.after = after;
		this.#newest = after;
		if (parent === undefined) this.#entries.set(0, { tag: "0" });
	}

	/** The last sequence that was read. */
	get newest(): number {
		return this.#newest;
	}

	/** @returns the entry that was there before, if it is another one */
	add(sequence: number, entry: Entry, key: string | undefined): Entry | undefined {
		const known = this.at(sequence);
		if (known !== undefined) return known.tag === entry.tag ? undefined : known;
		if (sequence <= this.after) {
			this.parent?.add(sequence, entry, key);
			return undefined;
		}
		this.#entries.set(sequence, entry);
		this.#newest = Math.max(this.#newest, sequence);
		if (entry.number !== undefined) push(this.#places, entry.number, sequence);
		if (entry.told !== undefined) this.#ofTold.set(entry.told, sequence);
		if (key !== undefined) push(this.#ofKeys, key, sequence);
		return undefined;
	}

	/** The engine will store nothing more in it, and all that it had has been read. */
	end(): void {
		this.#isWhole = true;
	}

	/** `undefined` where it was not read. */
	at(sequence: number): Entry | undefined {
		if (this.parent !== undefined && sequence <= this.after) return this.parent.at(sequence);
		return this.#entries.get(sequence);
	}

	/** Whether something may have been in a place without having been read. */
	isUnread(sequence: number): boolean {
		if (this.parent !== undefined && sequence <= this.after) return this.parent.isUnread(sequence);
		return !this.#entries.has(sequence) && !(this.#isWhole && sequence > this.#newest);
	}

	/** Whether an event may be after one sequence, up to another, in a place that was not read. */
	mayHaveUnread(number: number, after: number, upTo: number): boolean {
		return this.placesOf(number).length === 0 && this.hasUnread(after, upTo);
	}

	/** Whether a place after one sequence, up to another, may have had something that was not read. */
	hasUnread(after: number, upTo: number): boolean {
		for (let sequence = after + 1; sequence <= upTo; sequence++) {
			if (this.isUnread(sequence)) return true;
		}
		return false;
	}

	has({ sequence, tag }: Position): boolean {
		return this.at(sequence)?.tag === tag;
	}

	/** The newest place of a key, up to a sequence; 0 when there is none. */
	newestOf(key: string, upTo = Infinity): number {
		const own = this.#ofKeys.get(key)?.findLast((sequence) => sequence <= upTo);
		return own ?? this.parent?.newestOf(key, Math.min(this.after, upTo)) ?? 0;
	}

	/** Every place of an event, up to a sequence. */
	placesOf(number: number, upTo = Infinity): readonly number[] {
		const own = this.#places.get(number)?.filter((sequence) => sequence <= upTo) ?? [];
		return [...(this.parent?.placesOf(number, Math.min(this.after, upTo)) ?? []), ...own];
	}

	/** The place of a command. */
	placeOfTold(id: number): number | undefined {
		const own = this.#ofTold.get(id);
		if (own !== undefined) return own;
		const inherited = this.parent?.placeOfTold(id);
		return inherited !== undefined && inherited <= this.after ? inherited : undefined;
	}

	/** The keys that have a place in it. */
	keys(): ReadonlySet<string> {
		return new Set([...this.#ofKeys.keys(), ...(this.parent?.keys() ?? [])]);
	}
}

function push<Key>(lists: Map<Key, number[]>, key: Key, value: number): void {
	const list = lists.get(key);
	if (list === undefined) lists.set(key, [value]);
	else list.push(value);
}

/**
 * An attempt that readers in this process follow. What the stream republishes can get lost on its way, and each message names the one
 * before: a missing one is noticed, and read.
 */
import { RecentEntries, type RunEntry } from "sse-service/runs";
import { BodyReader, type RunChunk, type RunRecord } from "./run-record.js";

export interface LiveRecord extends RunRecord {
	/** The stream's sequence of the run's record before. */
	readonly previous: number;
}

// Records that arrive while older ones are read. Without them, those would be read again.
const MAX_EARLY = 256;
// Places of records that readers have come to.
const MAX_PLACES = 64;

export class FollowedRun {
	readonly #attempt: string;
	readonly #watchers = new Set<() => void>();
	readonly #recent = new RecentEntries();
	/** By the sequence of an entry: where in the stream it is to be looked for. */
	readonly #places = new Map<number, number>();
	#bodies = new BodyReader();
	#early: LiveRecord[] = [];
	/** The stream's sequence of the newest record in `recent`. `undefined`: it is to be read first. */
	#last: number | undefined;

	constructor(attempt: string) {
		this.#attempt = attempt;
	}

	get last(): number | undefined {
		return this.#last;
	}

	add(watcher: () => void): void {
		this.#watchers.add(watcher);
	}

	/** @returns the number of remaining watchers */
	remove(watcher: () => void): number {
		this.#watchers.delete(watcher);
		return this.#watchers.size;
	}

	/** Starts to follow: the entries of this chunk are the newest that the stream has up to a sequence. */
	begin(last: number, { from, entries }: RunChunk): void {
		this.#recent.begin(from, entries);
		this.#bodies = new BodyReader();
		this.#last = last;
		for (const record of this.#early.splice(0)) {
			if (record.sequence > last) this.take(record);
		}
	}

	take(record: LiveRecord): void {
		if (this.#last === record.previous && record.head.attempt === this.#attempt) {
			this.#last = record.sequence;
			const { from, entries } = this.#bodies.take(record);
			if (entries.length === 0) return;
			if (this.#recent.add(from, entries)) this.#wake();
			else this.lose();
		} else {
			this.lose();
			this.#early.push(record);
			if (this.#early.length > MAX_EARLY) this.#early.shift();
		}
	}

	/** The newest records are to be read again. */
	lose(): void {
		this.#last = undefined;
		this.#wake();
	}

	/** A lone reader takes what it reads. @returns `undefined` if the entries are to be read from the stream */
	read(from: number, limit: number): readonly RunEntry[] | undefined {
		if (this.#last === undefined) return undefined;
		const isAlone = this.#watchers.size === 1;
		return isAlone ? this.#recent.take(from, limit) : this.#recent.read(from, limit);
	}

	/** Where in the stream an entry is to be looked for, if a reader has been there. */
	placeOf(sequence: number): number | undefined {
		return this.#places.get(sequence);
	}

	keepPlace(sequence: number, at: number): void {
		this.#places.delete(sequence);
		this.#places.set(sequence, at);
		const [oldest] = this.#places.keys();
		if (this.#places.size > MAX_PLACES && oldest !== undefined) this.#places.delete(oldest);
	}

	#wake(): void {
		for (const watcher of this.#watchers) watcher();
	}
}

/**
 * A list of records in the order of the log. Records are appended, removed from the head, and skipped once replaced.
 */
import type { Reading } from "./merge.js";
import type { LogRecord } from "./record.js";

type Items = (LogRecord | undefined)[];

// Shared, and never modified.
const NONE: Items = [];

export class RecordList {
	/** Records from `#head` on, including replaced ones. The slots before it are empty. */
	#items: Items = NONE;
	#head = 0;
	#replaced = 0;
	#all: readonly LogRecord[] | undefined;

	get size(): number {
		return this.#items.length - this.#head - this.#replaced;
	}

	get first(): LogRecord | undefined {
		while (this.#items[this.#head]?.isReplaced) {
			this.#items[this.#head++] = undefined;
			this.#replaced--;
		}
		return this.#items[this.#head];
	}

	/** The sequence of the newest record; 0 if there is none. */
	get newest(): number {
		return this.size === 0 ? 0 : (this.#items.at(-1)?.position.sequence ?? 0);
	}

	add(record: LogRecord): void {
		this.#all = undefined;
		// Pushing to an empty array reserves 17 slots.
		if (this.#items.length === 0) this.#items = [record];
		else this.#items.push(record);
	}

	/** Removes `first`. */
	shift(): void {
		if (this.first === undefined) return;
		this.#all = undefined;
		this.#items[this.#head++] = undefined;
		this.#compact();
	}

	/** Call when one of its records has been replaced. */
	onReplaced(): void {
		this.#all = undefined;
		this.#replaced++;
		this.#compact();
	}

	/** Reads the records above `sequence`. The list must not change meanwhile. */
	after(sequence: number): Reading {
		const items = this.#items;
		let index = this.#indexAfter(sequence);
		return () => {
			while (index < items.length) {
				const record = items[index++];
				if (record?.isReplaced === false) return record;
			}
			return undefined;
		};
	}

	/** All records. Returns the same array until the list changes. */
	get all(): readonly LogRecord[] {
		this.#all ??= this.#items.filter((record) => record?.isReplaced === false) as LogRecord[];
		return this.#all;
	}

	/** The index of the first record above `sequence`. */
	#indexAfter(sequence: number): number {
		let low = this.#head;
		let high = this.#items.length;
		while (low < high) {
			const middle = (low + high) >>> 1;
			if ((this.#items[middle]?.position.sequence ?? Infinity) <= sequence) low = middle + 1;
			else high = middle;
		}
		return low;
	}

	/** Compacts once about half of the array is unused, so that an append has constant amortized cost. */
	#compact(): void {
		const useless = this.#head + this.#replaced;
		if (useless < Math.min(32, this.#items.length) || useless * 2 < this.#items.length) return;
		this.#items = this.#items.slice(this.#head).filter((record) => record?.isReplaced === false);
		this.#head = 0;
		this.#replaced = 0;
	}
}

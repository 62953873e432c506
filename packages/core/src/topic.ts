/**
 * A topic: the records that were sent to the same ones (everyone, a group, a client, or a client within a group), and
 * what is still known of those it keeps no more.
 */
import { Losses } from "./losses.js";
import type { LogRecord } from "./record.js";
import { RecordList } from "./record-list.js";
import type { Window } from "./window.js";

export class Topic {
	readonly records = new RecordList();
	readonly losses: Losses;
	/** Which bounds its records. */
	readonly window: Window;
	/** Every event has a key here: one without replaces the last without. */
	readonly isLatest: boolean;
	/** The newest record of each key. */
	#newest: Map<string, LogRecord> | undefined;

	/** @param trimmed up to which sequence records of this topic may have been here before */
	constructor(window: Window, isLatest: boolean, trimmed: number) {
		this.window = window;
		this.isLatest = isLatest;
		this.losses = new Losses(trimmed);
	}

	add(record: LogRecord): void {
		this.records.add(record);
		this.window.add(record);
		const key = this.#keyOf(record);
		if (key === undefined) return;
		this.losses.onReplaced(key);
		this.#newest ??= new Map();
		const replaced = this.#newest.get(key);
		this.#newest.set(key, record);
		if (replaced === undefined) return;
		replaced.replace();
		this.records.onReplaced();
		this.window.onReplaced(replaced);
	}

	/** Its oldest record is beyond the bounds. */
	trim(record: LogRecord, now: number): void {
		this.records.shift();
		const key = this.#keyOf(record);
		if (key !== undefined) this.#newest?.delete(key);
		this.losses.add(record, key, now);
	}

	#keyOf({ key }: LogRecord): string | undefined {
		return this.isLatest ? (key ?? "") : key;
	}
}

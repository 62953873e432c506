/**
 * A topic: the records that were sent to the same ones (everyone, a group, a client, or a client within a group), and
 * what is still known of those it keeps no more.
 */
import type { LogRecord } from "./record.js";
import { RecordList } from "./record-list.js";
import type { Window } from "./window.js";

export class Topic {
	readonly records = new RecordList();
	/** Which bounds its records. */
	readonly window: Window;
	/** Every event has a key here: one without replaces the last without. */
	readonly isLatest: boolean;
	/** The newest record of each key. */
	#newest: Map<string, LogRecord> | undefined;
	/** The sequence of the newest record that was trimmed, of those that never expire. */
	#trimmed: number;
	/** The same for those that do, and when the last of them has. */
	#trimmedExpiring = 0;
	#expiresAt = 0;

	/** @param trimmed up to which sequence records of this topic may have been here before */
	constructor(window: Window, isLatest: boolean, trimmed: number) {
		this.window = window;
		this.isLatest = isLatest;
		this.#trimmed = trimmed;
	}

	add(record: LogRecord): void {
		this.records.add(record);
		this.window.add(record);
		const key = this.#keyOf(record);
		if (key === undefined) return;
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
		const { sequence } = record.position;
		if (record.expiresAt === Infinity) this.#trimmed = sequence;
		else if (record.expiresAt > now) {
			this.#trimmedExpiring = sequence;
			this.#expiresAt = Math.max(this.#expiresAt, record.expiresAt);
		}
	}

	/** The sequence of the newest record that is of use and was trimmed. */
	trimmedUpTo(now: number): number {
		return now < this.#expiresAt ? Math.max(this.#trimmed, this.#trimmedExpiring) : this.#trimmed;
	}

	#keyOf({ key }: LogRecord): string | undefined {
		return this.isLatest ? (key ?? "") : key;
	}
}

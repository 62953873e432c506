/**
 * A topic: the records that were sent to the same ones (everyone, a group, a client, or a client within a group), and
 * what is still known of those it keeps no more.
 */

import type { LogRecord } from "./record.js";
import { RecordList } from "./record-list.js";
import type { RetentionWindow } from "./retention-window.js";
import { Trimmed, type TrimmedTally } from "./trimmed.js";

export class Topic {
	readonly records = new RecordList();
	readonly losses: Trimmed;
	/** Which bounds its records. */
	readonly window: RetentionWindow;
	/** Every event has a key here: one without replaces the last without. */
	readonly isLatest: boolean;
	/** The sequence of the newest record that another one has replaced. 0: none. */
	newestReplaced = 0;
	/** The newest record of each key to all of the topic, and that which a client was excluded from, by client. */
	#newest: Map<string, LogRecord> | undefined;
	#excluding: Map<string, Map<string, LogRecord>> | undefined;

	/** @param trimmed up to which sequence records of this topic may have been here before */
	constructor(window: RetentionWindow, isLatest: boolean, trimmed: number, tally: TrimmedTally) {
		this.window = window;
		this.isLatest = isLatest;
		this.losses = new Trimmed(trimmed, tally);
	}

	add(record: LogRecord): void {
		this.records.add(record);
		this.window.add(record);
		const key = this.#keyOf(record);
		if (key === undefined) return;
		const { exceptClient } = record.target;
		this.losses.onReplaced(key, exceptClient);
		for (const replaced of this.#replacedBy(key, exceptClient)) {
			replaced.replace();
			this.newestReplaced = Math.max(this.newestReplaced, replaced.position.sequence);
			this.records.onReplaced();
			this.window.onReplaced(replaced);
		}
		if (exceptClient === undefined) {
			this.#excluding?.delete(key);
			this.#newest ??= new Map();
			this.#newest.set(key, record);
		} else {
			this.#excluding ??= new Map();
			const ofKey = this.#excluding.get(key) ?? new Map<string, LogRecord>();
			this.#excluding.set(key, ofKey.set(exceptClient, record));
		}
	}

	/** Its oldest record is beyond the bounds. */
	trim(record: LogRecord, now: number): void {
		this.records.shift();
		const key = this.#keyOf(record);
		if (key !== undefined) this.#forget(key, record.target.exceptClient);
		this.losses.add(record, key, now);
	}

	/** A client that is excluded from an event has none in its place: that replaces only what the client did not have either. */
	#replacedBy(key: string, exceptClient: string | undefined): readonly LogRecord[] {
		const ofKey = this.#excluding?.get(key);
		if (exceptClient !== undefined) return present(ofKey?.get(exceptClient));
		return [...present(this.#newest?.get(key)), ...(ofKey?.values() ?? [])];
	}

	#forget(key: string, exceptClient: string | undefined): void {
		if (exceptClient === undefined) {
			this.#newest?.delete(key);
			return;
		}
		const ofKey = this.#excluding?.get(key);
		ofKey?.delete(exceptClient);
		if (ofKey?.size === 0) this.#excluding?.delete(key);
	}

	#keyOf({ key }: LogRecord): string | undefined {
		return this.isLatest ? (key ?? "") : key;
	}
}

function present(record: LogRecord | undefined): readonly LogRecord[] {
	return record === undefined ? [] : [record];
}

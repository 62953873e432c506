/**
 * A topic: the records for one target (everyone, a group, a client, or a client within a group), and what is still known
 * about records that it no longer keeps.
 */

import type { LogRecord } from "./record.js";
import { RecordList } from "./record-list.js";
import type { RetentionWindow } from "./retention-window.js";
import { Trimmed, type TrimmedTally } from "./trimmed.js";

export class Topic {
	readonly records = new RecordList();
	readonly losses: Trimmed;
	/** The window that limits its records. */
	readonly window: RetentionWindow;
	/** Every event counts as keyed: one without a key replaces the last one without. */
	readonly isLatest: boolean;
	/** The sequence of the newest record that was replaced. 0: none. */
	newestReplaced = 0;
	/** The newest record that was trimmed while it was valid, or a later one. Larger ones than may be kept were never there. */
	trimmedTo: number;
	/** The newest record of each key for the whole topic, and the newest that excluded a client, by client. */
	#newest: Map<string, LogRecord> | undefined;
	#excluding: Map<string, Map<string, LogRecord>> | undefined;

	/** @param trimmed records of this topic up to this sequence may have been here before */
	constructor(window: RetentionWindow, isLatest: boolean, trimmed: number, tally: TrimmedTally) {
		this.window = window;
		this.isLatest = isLatest;
		this.trimmedTo = trimmed;
		this.losses = new Trimmed(trimmed, tally);
	}

	add(record: LogRecord): void {
		this.records.add(record);
		this.window.add(record);
		const key = this.#keyOf(record);
		if (key === undefined) return;
		const { exceptClient } = record.target;
		this.#replace(key, exceptClient);
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

	/** Drops the topic's oldest record, which is beyond the limits. */
	trim(record: LogRecord, now: number): void {
		this.records.shift();
		if (now < record.expiresAt) this.trimmedTo = record.position.sequence;
		const key = this.#keyOf(record);
		if (key !== undefined) this.#forget(key, record.target.exceptClient);
		this.losses.add(record, key, now);
	}

	/** Call instead of `add` for a record that alone is beyond the limits: it replaces older ones of its key, and is itself lost. */
	lose(record: LogRecord): void {
		const key = this.#keyOf(record);
		const { exceptClient } = record.target;
		if (key !== undefined) {
			this.#replace(key, exceptClient);
			this.#forget(key, exceptClient);
			if (exceptClient === undefined) this.#excluding?.delete(key);
		}
		this.losses.add(record, key, record.at);
	}

	/** Drops what a newer record with this key replaces. */
	#replace(key: string, exceptClient: string | undefined): void {
		this.losses.onReplaced(key, exceptClient);
		for (const replaced of this.#replacedBy(key, exceptClient)) {
			replaced.replace();
			this.newestReplaced = Math.max(this.newestReplaced, replaced.position.sequence);
			this.records.onReplaced();
			this.window.onReplaced(replaced);
		}
	}

	/** An excluded client receives no replacement. So an event that excludes a client replaces only records that excluded it, too. */
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

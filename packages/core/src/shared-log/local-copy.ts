/**
 * The local copy: the newest part of an engine's log, in this process. Most reconnecting clients receive what they missed from
 * here, without a call to the engine.
 */

import type { LogReader, LogStats, Page, ReadFailure } from "../event-log/event-log.js";
import { pageOf } from "../event-log/page.js";
import type { LogRecord } from "../event-log/record.js";
import { RecordStore } from "../event-log/record-store.js";
import type { RetentionRules } from "../event-log/retention.js";
import type { Position } from "../wire/cursor.js";
import { RecentTags } from "./recent-tags.js";
import { RecentTargets } from "./recent-targets.js";

export class LocalCopy {
	readonly #records: RecordStore;
	readonly #tags: RecentTags;
	readonly #targets = new RecentTargets();
	readonly #now: () => number;
	#position: Position;
	#added: Position;

	/**
	 * @param base the copy has everything after this position
	 * @param now the clock that dates the events
	 */
	constructor(rules: RetentionRules, base: Position, now: () => number) {
		this.#now = now;
		this.#records = new RecordStore(rules);
		this.#tags = new RecentTags(base.sequence, base.tag);
		this.#position = base;
		this.#added = base;
	}

	get position(): Position {
		return this.#position;
	}

	/** Adds an event from before the base that the engine keeps as the newest of its key. */
	addEarlier(record: LogRecord): void {
		this.#records.add(record);
	}

	/** Adds the next text, which is about to be delivered. `record`: `undefined` if it is not for clients */
	add(position: Position, record: LogRecord | undefined): void {
		this.#tags.add(position.tag);
		this.#targets.add(position.sequence, record?.target);
		this.#added = position;
		if (record !== undefined) this.#records.add(record);
	}

	/** Call when the added text has been delivered. */
	onDelivered(): void {
		this.#position = this.#added;
	}

	/** @returns `undefined` if not known, for example because the position is too old */
	tagAt(sequence: number): string | undefined {
		return this.#tags.at(sequence);
	}

	/** Whether the event at a position was delivered here. A position too old to be known counts as delivered. */
	hadAt({ epoch, sequence, tag }: Position): boolean {
		const { position } = this;
		if (epoch !== position.epoch || sequence > position.sequence) return false;
		return (this.tagAt(sequence) ?? tag) === tag;
	}

	/** Like the log's method. @returns `"older"` if the engine may still have the events, but the copy does not */
	readAfter(
		after: Position | undefined,
		upTo: Position,
		reader: LogReader,
	): Page | ReadFailure | "older" | Promise<Page> {
		if (after !== undefined) {
			if (after.epoch !== this.#position.epoch) return "epoch";
			if (after.sequence > this.#added.sequence) return "diverged";
			const isOlder = after.sequence < this.#tags.first;
			// What began with what is here goes on with it.
			if (isOlder && reader.forgone === undefined) return "older";
			if (!isOlder && after.tag !== this.tagAt(after.sequence)) return "diverged";
		}
		const now = this.#now();
		const newer = this.#records.after(after?.sequence, reader, now);
		if (newer === undefined) return "older";
		return pageOf(newer.records, upTo, reader, now, newer.isConflated);
	}

	/**
	 * Skips events for others that the copy no longer has.
	 *
	 * @returns the last position before an event that may be for the reader, at most `upTo`; `after` itself if unknown
	 */
	skip(after: Position, upTo: Position, reader: LogReader): Position {
		const { epoch, sequence, tag } = after;
		const isKnown = sequence >= this.#tags.first && tag === this.tagAt(sequence);
		if (!isKnown || epoch !== this.#position.epoch) return after;
		const last = Math.min(upTo.sequence, this.#added.sequence);
		const at = this.#targets.firstFor(reader, sequence + 1, last) - 1;
		return at > sequence ? { epoch, sequence: at, tag: this.tagAt(at) ?? tag } : after;
	}

	readLatest(reader: LogReader): readonly LogRecord[] {
		return this.#records.latest(reader, this.#now());
	}

	stats(): LogStats {
		const { events, bytes } = this.#records.stats(this.#now());
		return { events, bytes: bytes + this.#tags.bytes + this.#targets.bytes };
	}
}

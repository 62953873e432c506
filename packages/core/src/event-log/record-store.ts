/**
 * The record store: the newest records, by target. It knows for every reader whether everything for that reader since a
 * position is still here. A trimmed record for others is not a loss.
 */
import type { Audience } from "../types/target.js";
import type { LogReader, LogStats } from "./event-log.js";
import type { GroupRules } from "./group-rules.js";
import { merge, type Reading } from "./merge.js";
import { isFor } from "./page.js";
import type { LogRecord } from "./record.js";
import type { Retention, RetentionRules } from "./retention.js";
import { RetentionWindow } from "./retention-window.js";
import { Topic } from "./topic.js";
import { Topics } from "./topics.js";
import { TrimmedTally } from "./trimmed.js";

/** What a log has for a reader after a position. */
interface Newer {
	/** In order. Valid until a record is added. */
	readonly records: Reading;
	/** Whether records are missing because newer ones replaced them. */
	readonly isConflated: boolean;
}

export class RecordStore {
	readonly #topics = new Topics();
	readonly #losses = new TrimmedTally();
	readonly #window: RetentionWindow;
	readonly #rules: GroupRules<Retention>;
	/** By the name of their rule. */
	readonly #ownWindows: ReadonlyMap<string, RetentionWindow>;

	constructor({ byDefault, ofGroups }: RetentionRules) {
		this.#window = new RetentionWindow(byDefault);
		this.#rules = ofGroups;
		this.#ownWindows = new Map(
			Array.from(ofGroups, ([name, retention]) => [name, new RetentionWindow(retention)]),
		);
	}

	add(record: LogRecord): void {
		const topic = this.#topics.open(record.target, (trimmed) =>
			// An earlier record than those that others have lost: see `LocalCopy`.
			this.#newTopic(record.target, Math.min(trimmed, record.position.sequence - 1)),
		);
		if (topic.window.fits(record)) topic.add(record);
		else topic.lose(record);
		if (topic.records.size === 0) this.#topics.onEmpty(topic, record.target, record.at);
		this.#trim(topic.window, record.at);
	}

	/**
	 * Returns the records of a reader's topics above a sequence, or all that are kept.
	 *
	 * @returns `undefined` if one of them is no longer kept
	 */
	after(sequence: number | undefined, reader: LogReader, now: number): Newer | undefined {
		this.#trimAll(now);
		const topics = this.#topics.newerThan(sequence, reader, now);
		const from = sequence ?? 0;
		return (
			topics && {
				records: merge(topics.map(({ records }) => records.after(from))),
				isConflated: topics.some(({ newestReplaced }) => newestReplaced > from),
			}
		);
	}

	/** Returns the newest record of each key in the reader's groups that keep them. */
	latest(reader: LogReader, now: number): readonly LogRecord[] {
		this.#trimAll(now);
		const [only = [], ...others] = reader.groups
			.filter((group) => this.keepsLatest(group))
			.flatMap((group) => this.#topics.get({ group }) ?? [])
			.map(({ records }) => records.all);
		const all = others.length === 0 ? only : only.concat(...others).sort(inOrder);
		return all.filter((record) => isFor(reader, record, now));
	}

	keepsLatest(group: string): boolean {
		return this.#rules.for(group)?.latest === true;
	}

	stats(now: number): LogStats {
		this.#trimAll(now);
		const windows = this.#windows();
		const held = this.#topics.emptyBytes + this.#losses.bytes;
		return {
			events: windows.reduce((sum, { events }) => sum + events, 0),
			bytes: windows.reduce((sum, { bytes }) => sum + bytes, held),
		};
	}

	#windows(): readonly RetentionWindow[] {
		return [this.#window, ...this.#ownWindows.values()];
	}

	#newTopic({ client, group }: Audience, trimmed: number): Topic {
		// A group's own limits apply to events for the group, not to events for a client within the group.
		const isOwn = client === undefined && group !== undefined;
		const name = isOwn ? this.#rules.nameFor(group) : undefined;
		const window = name === undefined ? undefined : this.#ownWindows.get(name);
		const isLatest = isOwn && this.keepsLatest(group);
		return new Topic(window ?? this.#window, isLatest, trimmed, this.#losses);
	}

	#trimAll(now: number): void {
		for (const window of this.#windows()) this.#trim(window, now);
	}

	#trim(window: RetentionWindow, now: number): void {
		window.trim(now, (record) => {
			const topic = this.#topics.get(record.target);
			topic?.trim(record, now);
			if (topic?.records.size === 0) this.#topics.onEmpty(topic, record.target, now);
		});
	}
}

function inOrder(one: LogRecord, other: LogRecord): number {
	return one.position.sequence - other.position.sequence;
}

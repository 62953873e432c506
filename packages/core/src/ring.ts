/**
 * The ring: the newest records, found by whom they were for. It knows for every reader whether all that was for them
 * since a position is still here: what was trimmed and was for others is no loss.
 */
import type { LogReader, LogStats } from "./event-log.js";
import type { LogRecord, LogTarget } from "./record.js";
import type { RetentionRules } from "./retention.js";
import { Topic } from "./topic.js";
import { Topics } from "./topics.js";
import { Window } from "./window.js";

export class Ring {
	readonly #topics = new Topics();
	readonly #window: Window;
	readonly #ownWindows: ReadonlyMap<string, Window>;
	readonly #latestGroups: ReadonlySet<string>;

	constructor({ byDefault, ofGroups }: RetentionRules) {
		this.#window = new Window(byDefault);
		const own = [...ofGroups];
		this.#ownWindows = new Map(own.map(([group, retention]) => [group, new Window(retention)]));
		this.#latestGroups = new Set(own.filter(([, { latest }]) => latest).map(([group]) => group));
	}

	add(record: LogRecord): void {
		const topic = this.#topics.open(record.target, (trimmed) =>
			this.#newTopic(record.target, trimmed),
		);
		topic.add(record);
		this.#trim(topic.window, record.at);
	}

	/**
	 * The oldest `limit` records for a reader that are above `after` and at most `upTo`.
	 *
	 * @returns `undefined` when one of them is not here any more
	 */
	between(
		after: number,
		upTo: number,
		reader: LogReader,
		limit: number,
		now: number,
	): readonly LogRecord[] | undefined {
		for (const window of this.#windows()) this.#trim(window, now);
		const topics = this.#topics.newerThan(after, reader, now);
		if (topics === undefined) return undefined;
		const [only, ...others] = topics.map(({ records }) => records.between(after, upTo, limit));
		if (only === undefined || others.length === 0) return only ?? [];
		return only
			.concat(...others)
			.sort(inOrder)
			.slice(0, limit);
	}

	/** The newest record of each key in those of the groups that keep these. */
	latest(groups: readonly string[], now: number): readonly LogRecord[] {
		for (const window of this.#windows()) this.#trim(window, now);
		return groups
			.filter((group) => this.keepsLatest(group))
			.flatMap((group) => this.#topics.get({ group })?.records.between(0, Infinity, Infinity) ?? [])
			.sort(inOrder);
	}

	keepsLatest(group: string): boolean {
		return this.#latestGroups.has(group);
	}

	stats(): LogStats {
		const windows = this.#windows();
		return {
			events: windows.reduce((sum, { events }) => sum + events, 0),
			bytes: windows.reduce((sum, { bytes }) => sum + bytes, this.#topics.emptyBytes),
		};
	}

	#windows(): readonly Window[] {
		return [this.#window, ...this.#ownWindows.values()];
	}

	#newTopic({ client, group = "" }: LogTarget, trimmed: number): Topic {
		// An override is for what is sent to the group, not for what is sent to a client within it.
		const window = client === undefined ? this.#ownWindows.get(group) : undefined;
		const isLatest = client === undefined && this.keepsLatest(group);
		return new Topic(window ?? this.#window, isLatest, trimmed);
	}

	#trim(window: Window, now: number): void {
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

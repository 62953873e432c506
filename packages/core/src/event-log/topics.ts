/**
 * The topics of a log, found by target. It remembers those that keep nothing any more within a bound.
 */
import type { LogReader } from "./event-log.js";
import type { LogTarget } from "./record.js";
import type { Topic } from "./topic.js";

// So many of them are told apart from those that never had a record.
const MAX_EMPTY = 10_000;

// About what one of them takes.
const EMPTY_BYTES = 512;

export class Topics {
	#everyone: Topic | undefined;
	readonly #groups = new Map<string, Topic>();
	readonly #clients = new Map<string, Topic>();
	/** By client, then by group within it. */
	readonly #withinGroups = new Map<string, Map<string, Topic>>();
	/** Those without a record, in the order in which they became so. */
	readonly #empty = new Map<Topic, LogTarget>();
	/** Up to here, records of a topic that is not known may have been trimmed. */
	#floor = 0;

	/** What those take that have no record. */
	get emptyBytes(): number {
		return this.#empty.size * EMPTY_BYTES;
	}

	get({ client, group }: LogTarget): Topic | undefined {
		if (client === undefined) {
			return group === undefined ? this.#everyone : this.#groups.get(group);
		}
		if (group === undefined) return this.#clients.get(client);
		return this.#withinGroups.get(client)?.get(group);
	}

	/** The topic of a target, made by `create` where there is none. It is about to be added to. */
	open(target: LogTarget, create: (trimmed: number) => Topic): Topic {
		const known = this.get(target);
		if (known !== undefined) {
			this.#empty.delete(known);
			return known;
		}
		const topic = create(this.#floor);
		this.#put(target, topic);
		return topic;
	}

	/** A topic has no record any more. */
	onEmpty(topic: Topic, target: LogTarget, now: number): void {
		this.#empty.set(topic, target);
		if (this.#empty.size <= MAX_EMPTY) return;
		for (const [oldest, ofOldest] of this.#empty) {
			this.#floor = Math.max(this.#floor, oldest.losses.newest(now));
			oldest.losses.clear();
			this.#empty.delete(oldest);
			this.#put(ofOldest, undefined);
			return;
		}
	}

	/**
	 * The topics whose records are for a reader.
	 *
	 * @param sequence `undefined`: whatever they may have lost
	 * @returns those that have records above `sequence`, or `undefined` when one of all may have lost some
	 */
	newerThan(
		sequence: number | undefined,
		reader: LogReader,
		now: number,
	): readonly Topic[] | undefined {
		const newer: Topic[] = [];
		for (const target of targetsOf(reader)) {
			const topic = this.get(target);
			const lost = topic?.losses.newest(now, reader.clientId) ?? this.#floor;
			if (sequence !== undefined && lost > sequence) return undefined;
			if (topic !== undefined && topic.records.newest > (sequence ?? 0)) newer.push(topic);
		}
		return newer;
	}

	/** `undefined`: it is known no more. */
	#put({ client, group }: LogTarget, topic: Topic | undefined): void {
		if (client === undefined) {
			if (group === undefined) this.#everyone = topic;
			else put(this.#groups, group, topic);
		} else if (group === undefined) put(this.#clients, client, topic);
		else {
			const ofClient = this.#withinGroups.get(client) ?? new Map<string, Topic>();
			put(ofClient, group, topic);
			put(this.#withinGroups, client, ofClient.size === 0 ? undefined : ofClient);
		}
	}
}

function put<T>(map: Map<string, T>, key: string, value: T | undefined): void {
	if (value === undefined) map.delete(key);
	else map.set(key, value);
}

/** Every target that a reader is in. */
export function* targetsOf({ clientId, groups, ownGroups = [] }: LogReader): Iterable<LogTarget> {
	yield {};
	yield { client: clientId };
	for (const group of groups) {
		yield { group };
		yield { client: clientId, group };
	}
	for (const group of ownGroups) yield { client: clientId, group };
}

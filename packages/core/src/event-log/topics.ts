/**
 * The topics of a log, by target. It remembers a limited number of topics that have become empty.
 */
import type { Audience } from "../types/target.js";
import type { LogReader } from "./event-log.js";
import { namesOf } from "./record.js";
import type { Topic } from "./topic.js";

// The number of empty topics that are distinguished from topics that never had a record.
const MAX_EMPTY = 10_000;

// Approximate memory of one, without its names.
const EMPTY_BYTES = 512;

export class Topics {
	#everyone: Topic | undefined;
	readonly #groups = new Map<string, Topic>();
	readonly #clients = new Map<string, Topic>();
	/** By client, then by group. */
	readonly #withinGroups = new Map<string, Map<string, Topic>>();
	/** Topics without a record, in the order in which they became empty. */
	readonly #empty = new Map<Topic, Audience>();
	/** Up to this sequence, records of an unknown topic may have been trimmed. */
	#floor = 0;

	/** The memory of empty topics. */
	emptyBytes = 0;

	get({ client, group }: Audience): Topic | undefined {
		if (client === undefined) {
			return group === undefined ? this.#everyone : this.#groups.get(group);
		}
		if (group === undefined) return this.#clients.get(client);
		return this.#withinGroups.get(client)?.get(group);
	}

	/** Returns the topic of a target, made by `create` if missing, for adding a record. */
	open(target: Audience, create: (trimmed: number) => Topic): Topic {
		const known = this.get(target);
		if (known !== undefined) {
			if (this.#empty.delete(known)) this.emptyBytes -= weightOf(target);
			return known;
		}
		const topic = create(this.#floor);
		this.#put(target, topic);
		return topic;
	}

	/** Call when a topic has become empty. */
	onEmpty(topic: Topic, target: Audience, now: number): void {
		if (!this.#empty.has(topic)) this.emptyBytes += weightOf(target);
		this.#empty.set(topic, target);
		if (this.#empty.size <= MAX_EMPTY) return;
		for (const [oldest, ofOldest] of this.#empty) {
			this.#floor = Math.max(this.#floor, oldest.losses.newest(now));
			oldest.losses.clear();
			this.#empty.delete(oldest);
			this.emptyBytes -= weightOf(ofOldest);
			this.#put(ofOldest, undefined);
			return;
		}
	}

	/**
	 * Returns the topics whose records are for a reader.
	 *
	 * @param sequence `undefined`: regardless of lost records
	 * @returns topics with records above `sequence`, or `undefined` if one of the reader's topics may have lost some
	 */
	newerThan(
		sequence: number | undefined,
		reader: LogReader,
		now: number,
	): readonly Topic[] | undefined {
		const { clientId, forgone, newest } = reader;
		const from = sequence ?? 0;
		const newer: Topic[] = [];
		for (const [index, target] of targetsOf(reader).entries()) {
			const topic = this.get(target);
			const kept = topic?.records.newest ?? 0;
			const lost = topic?.losses.newest(now, clientId) ?? this.#floor;
			const trimmedTo = topic?.trimmedTo ?? this.#floor;
			// Of a topic without records, nothing that the reader could lack is lost later.
			if (forgone) forgone[index] ??= topic?.records.size ? trimmedTo : Infinity;
			const isGiven = forgone && trimmedTo <= Math.max(from, forgone[index] ?? 0);
			if (newest) newest[index] ??= Math.max(kept, lost);
			const isLive = newest && (newest[index] ?? 0) <= from;
			if (lost > (sequence ?? Infinity) && !isGiven && !isLive) return undefined;
			if (topic && kept > from) newer.push(topic);
		}
		return newer;
	}

	/** `undefined` forgets the topic. */
	#put({ client, group }: Audience, topic: Topic | undefined): void {
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

function weightOf(target: Audience): number {
	return EMPTY_BYTES + namesOf(target);
}

function put<T>(map: Map<string, T>, key: string, value: T | undefined): void {
	if (value === undefined) map.delete(key);
	else map.set(key, value);
}

/** Returns every target that includes a reader. */
export function targetsOf({ clientId, groups, ownGroups = [] }: LogReader): readonly Audience[] {
	const targets: Audience[] = [{}, { client: clientId }];
	for (const group of groups) targets.push({ group }, { client: clientId, group });
	for (const group of ownGroups) targets.push({ client: clientId, group });
	return targets;
}

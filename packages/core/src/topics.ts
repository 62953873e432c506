/**
 * The topics of a log, found by target. It remembers those that keep nothing any more within a bound.
 */
import type { LogReader } from "./event-log.js";
import type { LogTarget } from "./record.js";
import type { Topic } from "./topic.js";

// So many of them are told apart from those that never had a record.
const MAX_EMPTY = 10_000;

export class Topics {
	/** By client, then by group. `undefined`: nobody in particular. */
	readonly #byClient = new Map<string | undefined, Map<string | undefined, Topic>>();
	/** Those without a record, in the order in which they became so. */
	readonly #empty = new Map<Topic, LogTarget>();
	/** Up to here, records of a topic that is not known may have been trimmed. */
	#floor = 0;

	get({ client, group }: LogTarget): Topic | undefined {
		return this.#byClient.get(client)?.get(group);
	}

	/** The topic of a target, made by `create` where there is none. It is about to be added to. */
	open(target: LogTarget, create: (trimmed: number) => Topic): Topic {
		let topic = this.get(target);
		if (topic === undefined) {
			topic = create(this.#floor);
			const { client, group } = target;
			const ofClient = this.#byClient.get(client) ?? new Map<string | undefined, Topic>();
			this.#byClient.set(client, ofClient.set(group, topic));
		} else this.#empty.delete(topic);
		return topic;
	}

	/** A topic has no record any more. */
	onEmpty(topic: Topic, target: LogTarget, now: number): void {
		this.#empty.set(topic, target);
		if (this.#empty.size <= MAX_EMPTY) return;
		for (const [oldest, { client, group }] of this.#empty) {
			this.#floor = Math.max(this.#floor, oldest.trimmedUpTo(now));
			this.#empty.delete(oldest);
			const ofClient = this.#byClient.get(client);
			ofClient?.delete(group);
			if (ofClient?.size === 0) this.#byClient.delete(client);
			return;
		}
	}

	/**
	 * The topics whose records are for a reader.
	 *
	 * @returns those that have records above `sequence`, or `undefined` when one of all may have lost some
	 */
	newerThan(sequence: number, reader: LogReader, now: number): readonly Topic[] | undefined {
		const newer: Topic[] = [];
		for (const target of targetsOf(reader)) {
			const topic = this.get(target);
			if ((topic?.trimmedUpTo(now) ?? this.#floor) > sequence) return undefined;
			if (topic !== undefined && topic.records.newest > sequence) newer.push(topic);
		}
		return newer;
	}
}

/** Every target that a reader is in. */
function* targetsOf({ clientId, groups }: LogReader): Iterable<LogTarget> {
	yield {};
	yield { client: clientId };
	for (const group of groups) {
		yield { group };
		yield { client: clientId, group };
	}
}

/**
 * The targets of the newest events of a log, in four bytes each. A client that reconnects after thousands of events for others
 * skips them without a call to the engine. Two targets can share a mark: then an event is read unnecessarily.
 */
import type { LogReader } from "../event-log/event-log.js";
import { targetsOf } from "../event-log/topics.js";
import type { Audience } from "../types/target.js";
import { CAPACITY } from "./recent-tags.js";

/** The mark of a text that is not an event. */
const NOBODY = 0;

export class RecentTargets {
	readonly #marks = new Uint32Array(CAPACITY);

	add(sequence: number, target: Audience | undefined): void {
		this.#marks[sequence % CAPACITY] = target === undefined ? NOBODY : markOf(target);
	}

	/**
	 * The sequence of the first event that may be for a reader; `upTo + 1` if none is.
	 *
	 * @param from all targets from here up to `upTo` must be known
	 */
	firstFor(reader: LogReader, from: number, upTo: number): number {
		const marks = new Set(targetsOf(reader).map(markOf));
		let sequence = from;
		while (sequence <= upTo && !marks.has(this.#marks[sequence % CAPACITY] ?? NOBODY)) sequence++;
		return sequence;
	}

	/** What they take in memory. */
	get bytes(): number {
		return this.#marks.byteLength;
	}
}

/** FNV-1a over both names. */
export function markOf({ client, group }: Audience): number {
	return mixed(mixed(0x811c9dc5, client), group) >>> 0 || 1;
}

function mixed(hash: number, name: string | undefined): number {
	let mark = Math.imul(hash ^ (name === undefined ? 0 : name.length + 1), 0x01000193);
	if (name === undefined) return mark;
	for (let at = 0; at < name.length; at++) {
		mark = Math.imul(mark ^ name.charCodeAt(at), 0x01000193);
	}
	return mark;
}

/**
 * A record: one event in the log, with its id, made once and sent as often as it is asked for.
 */
import { encodeCursor, type Position } from "../wire/cursor.js";
import { type EventFields, encodeEvent } from "../wire/event-stream.js";
import { encodeFrame, encodeKeptFrame, type Frame } from "../wire/frame.js";

/** Whom an event was for: nobody told means everyone. */
export interface LogTarget {
	readonly client?: string | undefined;
	readonly group?: string | undefined;
	readonly exceptClient?: string | undefined;
}

/** An event on its way into the log. */
export interface LogEntry {
	readonly target: LogTarget;
	/** Its `id` is the application's own, if it gave one. */
	readonly fields: EventFields;
	/** Of the events with this key to this target, `exceptClient` included, only the newest is of use; one to all of the target replaces those too. */
	readonly key?: string | undefined;
	/** After so many milliseconds it is of no use. */
	readonly ttlMs?: number | undefined;
	/** Appended again with the same one, it is not: the answer is its first position. */
	readonly idempotencyKey?: string | undefined;
}

// About what the objects take that hold an event, on a 64-bit machine, and those that find it: by its key (with what is left of
// replaced ones until lists are tidied), by its client, by its group within a client.
const OVERHEAD_BYTES = 520;
const KEY_BYTES = 380;
const CLIENT_BYTES = 200;

const NOTHING = encodeFrame("", "control");

export class LogRecord {
	readonly position: Position;
	readonly target: LogTarget;
	readonly key: string | undefined;
	/** When it was appended, in milliseconds since 1970. */
	readonly at: number;
	/** From when on it is of no use. `Infinity`: it stays so. */
	readonly expiresAt: number;
	#frame: Frame;
	/** About what it takes in memory, in bytes. */
	readonly weight: number;
	/** By a newer one of its key: it is in lists until they are tidied, and holds nothing any more. */
	isReplaced = false;
	/** Weakly, so that those who are given it at the same time share it, and it is not kept beside the other. */
	#bare: WeakRef<Frame> | undefined;

	/** @throws RangeError when it is longer than a string can be */
	constructor(position: Position, { target, fields, key, ttlMs }: LogEntry, at: number) {
		this.position = position;
		this.target = target;
		this.key = key;
		this.at = at;
		this.expiresAt = at + (ttlMs ?? Infinity);
		const text = encodeEvent({ ...fields, id: encodeCursor(position, fields.id) });
		this.#frame = encodeKeptFrame(text, "logged", keyOf(target, key), position);
		this.weight = this.#frame.byteLength + overheadOf(target, key);
	}

	get frame(): Frame {
		return this.#frame;
	}

	/** A newer one of its key is here. */
	replace(): void {
		this.isReplaced = true;
		this.#frame = NOTHING;
		this.#bare = undefined;
	}

	/** The event without its id, for one who is given it out of its turn: an id would take them back to it. */
	get bare(): Frame {
		const shared = this.#bare?.deref();
		if (shared !== undefined) return shared;
		// Before the data, which is whatever it is, nothing but the id begins so. Only LF ends a line here: U+2028, which
		// an id may have in it, does so for `.` and for `^`.
		const text = this.#frame.text.replace(/(^|\n)id: [^\n]*\n/, "$1");
		const bare = encodeFrame(text, "event");
		this.#bare = new WeakRef(bare);
		return bare;
	}
}

function overheadOf({ client, group }: LogTarget, key: string | undefined): number {
	let bytes = OVERHEAD_BYTES;
	if (key !== undefined) bytes += KEY_BYTES + key.length;
	if (client !== undefined) bytes += CLIENT_BYTES + (group === undefined ? 0 : CLIENT_BYTES);
	return bytes;
}

/** What a frame is known by: `key` is one within its target. */
export function keyOf({ client, group }: LogTarget, key: string | undefined): string | undefined {
	return key === undefined ? key : JSON.stringify([client ?? null, group ?? null, key]);
}

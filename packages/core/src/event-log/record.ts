/**
 * A record: one event in the log, with its id, encoded once and sent any number of times.
 */
import type { Audience } from "../types/target.js";
import { encodeCursor, type Position } from "../wire/cursor.js";
import { type EventFields, encodeEvent } from "../wire/event-stream.js";
import { encodeFrame, encodeKeptFrame, type Frame, keyOf } from "../wire/frame.js";

/** An event on its way into the log. */
export interface LogEntry {
	readonly target: Audience;
	/** `id` is the application's own, if it set one. */
	readonly fields: EventFields;
	/** Of the events with this key to this target, `exceptClient` included, only the newest counts; one without `exceptClient` replaces those as well. */
	readonly key?: string | undefined;
	/** The event is not replayed after this time, in ms. */
	readonly ttlMs?: number | undefined;
	/** Appending again with the same key stores nothing and returns the first position. */
	readonly idempotencyKey?: string | undefined;
	/** The trace of the `publish` that sent it. */
	readonly traceparent?: string | undefined;
}

// Approximate memory, on a 64-bit machine, of the objects that hold an event and of its index entries: by key (including remains
// of replaced records until lists are compacted), by client, and by group within a client.
const OVERHEAD_BYTES = 520;
const KEY_BYTES = 380;
const CLIENT_BYTES = 200;

const NOTHING = encodeFrame("", "control");

/** One event in the log. */
export class LogRecord {
	readonly position: Position;
	readonly target: Audience;
	readonly key: string | undefined;
	/** When the event was appended, in ms since the epoch. */
	readonly at: number;
	/** When the event expires by its `ttlMs`, in ms since the epoch. `Infinity`: never. */
	readonly expiresAt: number;
	readonly traceparent: string | undefined;
	#frame: Frame;
	/** Approximate size in memory, in bytes. */
	readonly weight: number;
	/** A newer event with the same key has replaced it. It stays in lists until they are compacted, but holds no data. */
	isReplaced = false;
	/** Held weakly: concurrent replays share the frame, but it is not kept in addition to the other one. */
	#bare: WeakRef<Frame> | undefined;

	/** @throws RangeError if it exceeds the maximum string length */
	constructor(
		position: Position,
		{ target, fields, key, ttlMs, traceparent }: LogEntry,
		at: number,
	) {
		this.position = position;
		this.target = target;
		this.key = key;
		this.at = at;
		this.expiresAt = at + (ttlMs ?? Infinity);
		this.traceparent = traceparent;
		const text = encodeEvent({ ...fields, id: encodeCursor(position, fields.id) });
		const frameKey = keyOf(target, key);
		this.#frame = encodeKeptFrame(text, "logged", frameKey, position);
		this.weight = this.#frame.byteLength + namesOf(target) + overheadOf(target, frameKey);
		this.weight += traceparent?.length ?? 0;
	}

	get frame(): Frame {
		return this.#frame;
	}

	/** Call when a newer record with the same key replaces this one. */
	replace(): void {
		this.isReplaced = true;
		this.#frame = NOTHING;
		this.#bare = undefined;
	}

	/** The event without its id, for a client that receives it out of order: the id would move the client back. */
	get bare(): Frame {
		const shared = this.#bare?.deref();
		if (shared !== undefined) return shared;
		// Only the id line, which precedes the arbitrary data, begins like this. Only LF ends a line here: `.` and `^` with the
		// flag `m` would also stop at U+2028, which an id may contain.
		const text = this.#frame.text.replace(/(^|\n)id: [^\n]*\n/, "$1");
		const bare = encodeFrame(text, "event");
		this.#bare = new WeakRef(bare);
		return bare;
	}
}

/** The characters of a target's names, in a record and, for one client, in the index that few other records share. */
export function namesOf({ client = "", group = "", exceptClient = "" }: Audience): number {
	const names = client.length + group.length;
	return (client === "" ? names : 2 * names) + exceptClient.length;
}

function overheadOf({ client, group }: Audience, key: string | undefined): number {
	let bytes = OVERHEAD_BYTES;
	if (key !== undefined) bytes += KEY_BYTES + key.length;
	if (client !== undefined) bytes += CLIENT_BYTES + (group === undefined ? 0 : CLIENT_BYTES);
	return bytes;
}

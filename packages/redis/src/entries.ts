/**
 * The entries of the stream as the core reads them. Each has the fields `t` (its tag), `p` (the tag before), `a` (when it was
 * stored), `b` (bytes before it, since the log was created) and `d` (its text). Others can write to the stream, too: an entry
 * between two of the log's, such as `7-1`, is skipped.
 */
import type { Stored } from "sse-service/engine";
import { unchain } from "./chain.js";

const NAMES = ["t", "p", "a", "b", "d"];

type Entries = readonly (readonly [id: string, fields: readonly string[]])[];

/** @throws Error if an entry with the id of an event is not an event */
export function readEntries(entries: unknown): Stored[] {
	const read: Stored[] = [];
	for (const [id, fields] of entries as Entries) {
		if (!id.endsWith("-0")) continue;
		const isEvent =
			fields.length === 10 && NAMES.every((name, place) => fields[place * 2] === name);
		if (!isEvent) throw new Error(`The entry ${id} in Redis is not an event of the log`);
		read.push(new Entry(id, fields));
	}
	return read;
}

class Entry implements Stored {
	readonly sequence: number;
	readonly tag: string;
	readonly previousTag: string;
	readonly at: number;
	readonly text: string;

	constructor(id: string, fields: readonly string[]) {
		this.sequence = Number.parseInt(id, 10);
		this.tag = fields[1] ?? "";
		this.previousTag = fields[3] ?? "";
		this.at = Number(fields[5]);
		this.text = fields[9] ?? "";
	}

	/** Computed only when it is asked for, because only the process that appended the text needs it. */
	get ownTag(): string {
		return unchain(this.previousTag, this.tag);
	}
}

export interface StreamPart {
	readonly stored: readonly Stored[];
	/** The id of the last entry; `undefined` if there is none. */
	readonly lastId: string | undefined;
}

/** Reads XREAD's reply for one stream: a list in RESP2; in RESP3 a map by stream name, in a form that depends on the client. */
export function readStream(reply: unknown): StreamPart {
	const entries = entriesIn(reply);
	return { stored: readEntries(entries), lastId: entries.at(-1)?.[0] };
}

function entriesIn(reply: unknown): Entries {
	if (reply === null) return [];
	if (reply instanceof Map) return [...reply.values()][0];
	if (!Array.isArray(reply)) return Object.values(reply as object)[0];
	const [first, second] = reply;
	return Array.isArray(first) ? first[1] : second;
}

/** Reads one of a group's newest events: id, tag, time and text, separated by spaces. */
export function readLatest(value: string): Stored {
	const [id = "", tag = "", at = ""] = value.split(" ", 3);
	const text = value.slice(id.length + tag.length + at.length + 3);
	return { sequence: Number.parseInt(id, 10), tag, at: Number(at), text };
}

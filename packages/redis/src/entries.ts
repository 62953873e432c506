/**
 * The entries of the stream as the core reads them. Each has the fields `t` (its tag), `p` (the tag before), `a` (when it was
 * stored), `b` (bytes before it, since the log was created) and `d` (its text). Others can write to the stream, too: an entry
 * between two of the log's, such as `7-1`, is skipped.
 */
import type { Stored } from "sse-service/engine";
import { unchain } from "./chain.js";

const NAMES = "t p a b d";

type Entries = readonly (readonly [id: string, fields: readonly string[]])[];

/** @throws Error if an entry with the id of an event is not an event */
export function readEntries(entries: unknown): Stored[] {
	return (entries as Entries).flatMap(([id, fields]) => {
		if (!id.endsWith("-0")) return [];
		const names = fields.filter((_, place) => place % 2 === 0).join(" ");
		const [, tag = "", , previousTag = "", , at, , , , text = ""] = fields;
		if (names !== NAMES) throw new Error(`The entry ${id} in Redis is not an event of the log`);
		const ownTag = unchain(previousTag, tag);
		return [{ sequence: Number.parseInt(id, 10), tag, ownTag, previousTag, at: Number(at), text }];
	});
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

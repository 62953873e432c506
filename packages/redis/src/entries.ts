/**
 * The entries of the stream as the core reads them. Each has the fields `t` (its tag), `p` (the tag before), `a` (when it was
 * stored), `b` (bytes before it, since the log was created) and `d` (its text).
 */
import type { Stored } from "sse-service/engine";
import { unchain } from "./chain.js";

const NAMES = "t p a b d";

/** @throws Error when one is not of this log */
export function readEntries(entries: unknown): Stored[] {
	return (entries as [id: string, fields: string[]][]).map(([id, fields]) => {
		const names = fields.filter((_, place) => place % 2 === 0).join(" ");
		const [, tag = "", , previousTag = "", , at, , , , text = ""] = fields;
		if (names !== NAMES || !id.endsWith("-0")) {
			throw new Error(`The entry ${id} in Redis is not one of the log's`);
		}
		const ownTag = unchain(previousTag, tag);
		return { sequence: Number.parseInt(id, 10), tag, ownTag, previousTag, at: Number(at), text };
	});
}

/** Of one stream, as XREAD answers it: a list in RESP2; in RESP3 a map by the stream's name, which clients make into what they like. */
export function readStream(reply: unknown): Stored[] {
	if (reply === null) return [];
	if (reply instanceof Map) return readEntries([...reply.values()][0]);
	if (!Array.isArray(reply)) return readEntries(Object.values(reply as object)[0]);
	const [first, second] = reply;
	return readEntries(Array.isArray(first) ? first[1] : second);
}

/** One of a group's newest: id, tag, time and text, with spaces between them. */
export function readLatest(value: string): Stored {
	const [id = "", tag = "", at = ""] = value.split(" ", 3);
	const text = value.slice(id.length + tag.length + at.length + 3);
	return { sequence: Number.parseInt(id, 10), tag, at: Number(at), text };
}

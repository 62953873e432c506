/**
 * An entry: one text of the log, as the payload of a message. Its first line holds the tag and, after a space, other metadata
 * as JSON.
 */
import type { Stored, Storing } from "sse-service/engine";
import type { Kept } from "./jetstream.js";

interface EntryMore {
	readonly ownId?: string | undefined;
	/** How many keys its group keeps. */
	readonly max?: number | undefined;
}

export interface Entry extends Stored {
	readonly more: EntryMore;
}

export function encodeEntry({ tag, text, ownId, latest }: Storing): Buffer {
	const hasMore = ownId !== undefined || latest !== undefined;
	const more = hasMore ? ` ${JSON.stringify({ ownId, max: latest?.max })}` : "";
	return Buffer.from(`${tag}${more}\n${text}`);
}

/** Decodes any message as an entry, even one of another program, because the sequence must have no holes. The core skips its text. */
export function decodeEntry({ sequence, at, payload }: Kept): Entry {
	const content = payload.toString();
	const end = content.indexOf("\n");
	const [, tag = "0", json] = /^([0-9a-z]{1,7})(?: (\{.*\}))?$/s.exec(content.slice(0, end)) ?? [];
	return { sequence, tag, at, text: content.slice(end + 1), more: readMore(json) };
}

/** Without what only drivers need. */
export function toStored({ sequence, tag, at, text }: Entry): Stored {
	return { sequence, tag, at, text };
}

const NOTHING: EntryMore = {};

function readMore(json: string | undefined): EntryMore {
	if (json === undefined) return NOTHING;
	try {
		const { ownId, max } = JSON.parse(json);
		return {
			ownId: typeof ownId === "string" ? ownId : undefined,
			max: typeof max === "number" ? max : undefined,
		};
	} catch {
		return NOTHING;
	}
}

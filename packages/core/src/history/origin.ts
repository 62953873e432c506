/**
 * The origin of a replay: where its client is.
 */
import { type Cursor, encodeCursor, type Position } from "../wire/cursor.js";

/** The position after which a client receives events. */
export interface Origin {
	/** As the client sent it. Without it there is a cursor. */
	readonly id?: string;
	/** `undefined`: the id is not one of ours; without a position: from the oldest event that is kept. */
	readonly cursor: Partial<Cursor> | undefined;
	/** Where the log was when the client came. Later events were sent to it, so none may be left out as no longer kept. */
	until?: Position;
	/** The log had this position. What a client sends may be of a log that this process has yet to find. */
	readonly isProven?: boolean;
}

/** Where a client is that has received everything up to a position, but perhaps not the newest events of its groups. */
export function originAt(position: Position, isPartial = false, reliesOn?: Position): Origin {
	return { cursor: { position, isPartial, reliesOn }, isProven: true };
}

/** The id that a client at an origin has. */
export function idOf({ id, cursor }: Origin): string {
	if (id !== undefined) return id;
	const { position, isPartial, reliesOn } = cursor as Cursor;
	return encodeCursor(position, undefined, isPartial ? "partial" : undefined, reliesOn);
}

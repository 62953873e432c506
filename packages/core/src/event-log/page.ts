/**
 * A page: a part of what a reader missed, cut from records in the order of the log.
 */
import type { Position } from "../wire/cursor.js";
import type { LogReader, Page } from "./event-log.js";
import type { LogRecord } from "./record.js";

// Records.
const PAGE = 256;

// So many records are looked at for a page, whether the reader is to have them or not.
const MAX_LOOKED_AT = 4_096;

/** The first page of records that are in a reader's topics, up to a position. `isConflated`: of the page */
export function pageOf(
	newer: Iterable<LogRecord>,
	upTo: Position,
	reader: LogReader,
	now: number,
	isConflated?: boolean,
): Page | Promise<Page> {
	const records: LogRecord[] = [];
	let lookedAt = 0;
	for (const record of newer) {
		const { position } = record;
		if (position.sequence > upTo.sequence) break;
		if (isFor(reader, record, now)) records.push(record);
		if (records.length === PAGE) return { records, upTo: position, isConflated };
		// Much work for little: others have their turn before it goes on.
		if (++lookedAt === MAX_LOOKED_AT) return later({ records, upTo: position, isConflated });
	}
	return { records, upTo, isConflated };
}

/** Whether it is for a reader who is in its topic, and still of use. */
export function isFor(
	{ clientId }: LogReader,
	{ target, expiresAt }: LogRecord,
	now: number,
): boolean {
	return target.exceptClient !== clientId && now < expiresAt;
}

function later<T>(value: T): Promise<T> {
	return new Promise((resolve) => {
		setImmediate(resolve, value);
	});
}

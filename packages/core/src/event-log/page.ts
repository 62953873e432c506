/**
 * A page: a part of what a reader missed, cut from records in the order of the log.
 */
import type { Position } from "../wire/cursor.js";
import type { LogReader, Page } from "./event-log.js";
import type { Reading } from "./merge.js";
import type { LogRecord } from "./record.js";

// Records per page.
const PAGE = 256;

// Records examined for a page, whether or not they are for the reader.
const MAX_LOOKED_AT = 4_096;

/** Cuts the first page, up to a position, from the records of a reader's topics. `isConflated`: of the page */
export function pageOf(
	newer: Reading,
	upTo: Position,
	reader: LogReader,
	now: number,
	isConflated?: boolean,
): Page | Promise<Page> {
	const records: LogRecord[] = [];
	let lookedAt = 0;
	for (let record = newer(); record !== undefined; record = newer()) {
		const { position } = record;
		if (position.sequence > upTo.sequence) break;
		if (isFor(reader, record, now)) records.push(record);
		if (records.length === PAGE) return { records, upTo: position, isConflated };
		// Many records examined for a small page: other work runs before it continues.
		if (++lookedAt === MAX_LOOKED_AT) return later({ records, upTo: position, isConflated });
	}
	return { records, upTo, isConflated };
}

/** Whether a record is for a reader in its topic, and still valid. */
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

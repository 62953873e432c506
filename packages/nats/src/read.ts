/**
 * Reads a part of the log: requests many single messages at a time.
 */
import type { Stored } from "sse-service/engine";
import { decodeEntry, toStored } from "./entry.js";
import type { JetStream, Kept } from "./jetstream.js";
import type { LogStream } from "./log-stream.js";

// Messages per request: first this many, then as many as fit these bytes if they are as large as the previous ones.
const FIRST = 8;
const MOST = 256;
const BYTES_AT_A_TIME = 4 * 1024 * 1024;

// Beyond this size, fewer entries than requested are returned.
const MAX_BYTES = 8 * 1024 * 1024;

/** As `read` of an engine. */
export async function readLog(
	jetStream: JetStream,
	stream: LogStream,
	from: number,
	limit: number,
): Promise<readonly Stored[]> {
	const { log, state } = await stream.look();
	const read: Stored[] = [];
	let next = Math.max(from, state.first_seq, 1);
	const end = Math.min(state.last_seq, next + limit - 1);
	let atATime = FIRST;
	let bytes = 0;
	while (next <= end && bytes < MAX_BYTES) {
		const sequences = sequencesFrom(next, Math.min(atATime, end - next + 1));
		const found = await jetStream.messages(stream.name, sequences);
		// What is missing was removed meanwhile; what is another log's has taken its place.
		const kept = found.filter((each) => each !== undefined && log.subjects.has(each.subject));
		read.push(...(kept as Kept[]).map((each) => toStored(decodeEntry(each))));
		const largest = Math.max(1, ...kept.map((each) => each?.payload.length ?? 0));
		bytes += kept.reduce((sum, each) => sum + (each?.payload.length ?? 0), 0);
		next += sequences.length;
		atATime = Math.max(1, Math.min(MOST, atATime * 4, Math.floor(BYTES_AT_A_TIME / largest)));
	}
	return read;
}

function sequencesFrom(first: number, count: number): { readonly seq: number }[] {
	return Array.from({ length: count }, (_, index) => ({ seq: first + index }));
}

/**
 * Reads a part of a run from the stream, in which the messages of all runs stand between each other.
 */
import type { RunEntry } from "sse-service/runs";
import type { FollowedRun } from "./followed-run.js";
import type { RunHead } from "./run-head.js";
import { BodyReader, type RunRecord } from "./run-record.js";
import type { RunStream } from "./run-stream.js";

// Records of a page: as many as entries are asked for, and not many more bytes than this.
const FEWEST = 8;
const BYTES_AT_A_TIME = 512 * 1024;
// Characters of a read, besides those of one record: a reader whose client does not read holds them.
const READ_LENGTH = 64 * 1024;

/**
 * Reads entries from one on, up to the newest record. If that is reached, `followed` follows from there.
 *
 * @returns `undefined` if they are no longer kept
 * @throws (rejects) when the newest record is not there yet: another server of the cluster has become the leader
 */
export async function readRun(
	stream: RunStream,
	{ subject, last }: { readonly subject: string; readonly last: RunRecord },
	{ from, limit }: { readonly from: number; readonly limit: number },
	followed: FollowedRun | undefined,
): Promise<readonly RunEntry[] | undefined> {
	const { head } = last;
	if (head.sequence < from) {
		if (!last.isPart) followed?.begin(last.sequence, { from: head.sequence + 1, entries: [] });
		return [];
	}
	const start = followed?.placeOf(from) ?? (await placeOf(stream, subject, last, from));
	const bodies = new BodyReader();
	const entries: RunEntry[] = [];
	/** The sequence of the first of them, and of the one behind the last. */
	let first: number | undefined;
	let reached = from;
	let place = start;
	let left = READ_LENGTH;
	let hasHole = false;
	for (
		let next = start;
		!hasHole && next <= last.sequence && reached < from + limit && (left > 0 || reached <= from);
	) {
		const records = await stream.page(subject, next, pageOf(head, limit));
		if (records.length === 0 && reached > from) break;
		if (records.length === 0) throw new Error("The newest entries of the run have not arrived yet");
		for (const record of records) {
			if (record.head.attempt !== head.attempt) return undefined;
			const chunk = bodies.take(record);
			next = record.sequence + 1;
			if (chunk.entries.length === 0) continue;
			// What is behind a hole must not be taken for what was in it. The next read finds that it is no longer kept.
			hasHole = first !== undefined && chunk.from !== reached;
			if (hasHole) break;
			first ??= chunk.from;
			if (first > from) return undefined;
			for (const entry of chunk.entries) {
				entries.push(entry);
				left -= entry.data.length;
			}
			reached = first + entries.length;
			place = reached > from + limit ? record.since : next;
			if (reached >= from + limit || (reached > from && left <= 0)) break;
		}
	}
	if (first === undefined || (hasHole && reached <= from)) return undefined;
	if (reached > head.sequence && !last.isPart)
		followed?.begin(last.sequence, { from: first, entries });
	else followed?.keepPlace(Math.min(reached, from + limit), place);
	return entries.slice(from - first, from - first + limit);
}

/** Looks for the record that brought an entry. */
async function placeOf(
	stream: RunStream,
	subject: string,
	last: RunRecord,
	sequence: number,
): Promise<number> {
	if (sequence === 1) return last.head.first;
	let low = last.head.first;
	let high = last.sequence;
	let found = last;
	while (low < high) {
		const middle = Math.floor((low + high) / 2);
		const record = (await stream.next(subject, middle)) ?? last;
		if (record.head.sequence >= sequence) {
			found = record;
			high = middle;
		} else low = record.sequence + 1;
	}
	return found.since;
}

function pageOf({ length, sequence }: RunHead, limit: number): number {
	const usual = Math.max(1, length / sequence);
	return Math.max(FEWEST, Math.min(limit, Math.floor(BYTES_AT_A_TIME / usual)));
}

/**
 * A record: one message of a run. Its first line is the head, behind that is what the message adds: entries on one line, and the
 * snapshot on another. What is larger than a message may be comes in parts, of which only the last has the new head.
 */
import {
	decodeRunEntries,
	encodeRunEntries,
	type RunEntry,
	type RunSnapshot,
} from "sse-service/runs";
import type { Kept } from "../jetstream.js";
import { decodeHead, encodeHead, type RunDraft, type RunHead } from "./run-head.js";

export interface RunRecord {
	/** The stream's. */
	readonly sequence: number;
	/** By the server's clock. */
	readonly at: number;
	readonly head: RunHead;
	/** Whether it is a part, and another message completes it. */
	readonly isPart: boolean;
	/** The sequence of the first part; that of this message if it has all. */
	readonly since: number;
	readonly body: Buffer;
}

/** Consecutive entries; `from` is the sequence of the first. */
export interface RunChunk {
	readonly from: number;
	readonly entries: readonly RunEntry[];
}

const NEWLINE = 10;

export function encodeBody({ entries, snapshot }: RunDraft): Buffer {
	if (entries.length === 0 && snapshot === undefined) return Buffer.alloc(0);
	const lines = [encodeRunEntries(entries)];
	if (snapshot !== undefined) lines.push(JSON.stringify([snapshot.sequence, snapshot.state]));
	return Buffer.from(lines.join("\n"));
}

/** @param since where the body begins, if in an earlier message; `part`: the body continues in a later one */
export function encodeRecord(head: RunHead, body: Uint8Array, since: number | "part" | 0): Buffer {
	return Buffer.concat([Buffer.from(`${encodeHead(head)} ${since}\n`), body]);
}

/** @throws when it is no record: others can write to the stream, too */
export function decodeRecord({ sequence, at, payload, subject }: Kept): RunRecord {
	const end = payload.indexOf(NEWLINE);
	const [, head = "", since = ""] =
		/^(\[.*\]) (part|\d+)$/s.exec(payload.subarray(0, end).toString()) ?? [];
	if (head === "")
		throw new Error(`The message ${sequence} of ${subject} does not belong to a run`);
	return {
		sequence,
		at,
		head: decodeHead(head, sequence),
		isPart: since === "part",
		since: Number(since) || sequence,
		body: payload.subarray(end + 1),
	};
}

/** Puts the parts of bodies together. */
export class BodyReader {
	#parts: RunRecord[] = [];

	/** @returns what the record adds; nothing while it is a part */
	take(record: RunRecord): RunChunk {
		if (record.isPart) {
			this.#parts.push(record);
			return { from: record.head.sequence + 1, entries: [] };
		}
		const [entries = ""] = this.#lines(record);
		const decoded = entries === "" ? [] : decodeRunEntries(entries);
		return { from: record.head.sequence - decoded.length + 1, entries: decoded };
	}

	/** The snapshot in a record. */
	snapshot(record: RunRecord): RunSnapshot | undefined {
		const [, text] = this.#lines(record);
		if (text === undefined) return undefined;
		const [sequence, state] = JSON.parse(text) as [number, string];
		return { sequence, state };
	}

	#lines(record: RunRecord): string[] {
		// Earlier parts belong to a producer that did not complete them.
		const parts = this.#parts.filter(({ sequence }) => sequence >= record.since);
		this.#parts = [];
		return Buffer.concat([...parts.map(({ body }) => body), record.body])
			.toString()
			.split("\n");
	}
}

/**
 * A chunk: entries of a run that were written together, as Redis keeps them. Read as untrusted input: others can write to
 * Redis, too.
 */
import type { RunEntry, RunOutcome } from "sse-service/runs";

/** Entries that follow each other; `from` is the sequence of the first. */
export interface Chunk {
	/** As Redis names it. */
	readonly name: string;
	readonly from: number;
	readonly entries: readonly RunEntry[];
}

type Kept = readonly [event: string | 0, data: string, end?: RunOutcome];

export function encodeChunk(entries: readonly RunEntry[]): string {
	return JSON.stringify(
		entries.map(({ event = 0, data, end }) =>
			end === undefined ? [event, data] : [event, data, end],
		),
	);
}

/** @param entry as XRANGE answers it */
export function decodeChunk(entry: unknown): Chunk {
	const [name, [, text]] = entry as [string, [string, string]];
	const entries = (JSON.parse(text) as Kept[]).map(([event, data, end]) => ({
		...(event === 0 ? {} : { event }),
		data,
		...(end === undefined ? {} : { end }),
	}));
	return { name, from: Number.parseInt(name, 10), entries };
}

/**
 * A chunk: entries of a run that were written together, as Redis keeps them. Chunks are read as untrusted input, because others
 * can write to Redis, too.
 */
import { decodeRunEntries, type RunEntry } from "sse-service/runs";

/** Consecutive entries; `from` is the sequence of the first. */
export interface Chunk {
	/** Its name in Redis. */
	readonly name: string;
	readonly from: number;
	readonly entries: readonly RunEntry[];
}

/** @param entry as returned by XRANGE */
export function decodeChunk(entry: unknown): Chunk {
	const [name, [, text]] = entry as [string, [string, string]];
	const entries = decodeRunEntries(text);
	return { name, from: Number.parseInt(name, 10), entries };
}

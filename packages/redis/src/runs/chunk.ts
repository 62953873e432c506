/**
 * A chunk: entries of a run that were written together, as Redis keeps them. Chunks are read as untrusted input, because others
 * can write to Redis, too.
 */
import { decodeRunEntries, type RunEntry } from "sse-service/runs";

/** Consecutive entries; `from` is the sequence of the first. */
export interface Chunk {
	readonly from: number;
	readonly entries: readonly RunEntry[];
}

/** @param entry as returned by XRANGE */
export function decodeChunk(entry: unknown): Chunk {
	const [name, [, text]] = entry as [string, [string, string]];
	return { from: Number.parseInt(name, 10), entries: decodeRunEntries(text) };
}

/** A chunk in a letter; without text if it is too long for one. */
export interface Mail {
	readonly attempt: string;
	readonly from: number;
	readonly text: string;
}

/** Reads a letter: a line for each chunk. */
export function mailOf(letter: string): Mail[] {
	return letter.split("\n").map((line) => {
		const first = line.indexOf(" ");
		const second = line.indexOf(" ", first + 1);
		return {
			attempt: line.slice(0, first),
			from: Number(line.slice(first + 1, second)),
			text: line.slice(second + 1),
		};
	});
}

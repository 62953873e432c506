/**
 * Entries of a run as one text, as stores keep them. Decode it as untrusted input: others may be able to write to the store.
 */
import type { RunEntry, RunOutcome } from "./run-store.js";

type Kept = readonly [event: string | 0, data: string, end?: RunOutcome];

/** Encodes entries as JSON on one line. */
export function encodeRunEntries(entries: readonly RunEntry[]): string {
	return JSON.stringify(
		entries.map(({ event = 0, data, end }) =>
			end === undefined ? [event, data] : [event, data, end],
		),
	);
}

/** @throws SyntaxError if it is not JSON */
export function decodeRunEntries(text: string): RunEntry[] {
	return (JSON.parse(text) as Kept[]).map(([event, data, end]) => {
		// Almost all are only data, and joining objects costs several times as much.
		if (event === 0 && end === undefined) return { data };
		return { ...(event === 0 ? {} : { event }), data, ...(end === undefined ? {} : { end }) };
	});
}

/**
 * Entries of a run as one text, as stores keep them. Decode it as untrusted input: others may be able to write to the store.
 */
import type { RunEntry, RunOutcome } from "./run-store.js";

type Kept = readonly [event: string | 0, data: string, end?: RunOutcome | 0, mark?: string];

/** Encodes entries as JSON on one line. */
export function encodeRunEntries(entries: readonly RunEntry[]): string {
	return JSON.stringify(
		entries.map(({ event: name, data, end, mark }): Kept => {
			const event = name ?? 0;
			if (mark !== undefined) return [event, data, end ?? 0, mark];
			return end === undefined ? [event, data] : [event, data, end];
		}),
	);
}

/** @throws SyntaxError if it is not JSON */
export function decodeRunEntries(text: string): RunEntry[] {
	return (JSON.parse(text) as Kept[]).map(([event, data, end = 0, mark]) => {
		// Almost all are only data, and joining objects costs several times as much.
		if (event === 0 && end === 0 && mark === undefined) return { data };
		return {
			...(event === 0 ? {} : { event }),
			data,
			...(end === 0 ? {} : { end }),
			...(mark === undefined ? {} : { mark }),
		};
	});
}

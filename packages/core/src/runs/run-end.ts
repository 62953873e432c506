/**
 * The end of a run, as its last entry.
 */
import type { RunEntry, RunOutcome } from "./run-store.js";

export function endEntry(end: RunOutcome, reason: string | undefined): RunEntry {
	return { event: end, data: JSON.stringify(reason === undefined ? {} : { reason }), end };
}

/** Returns the reason of an end, if known. */
export function endReasonOf({ data }: RunEntry): string | undefined {
	return (JSON.parse(data) as { readonly reason?: string }).reason;
}

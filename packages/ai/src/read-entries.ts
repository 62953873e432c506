/**
 * Reads the entries of a run with their cursors, for libraries that deliver them on their own.
 */
import { SSEError } from "sse-service/engine";
import { encodeRunCursor, type RunEntry, type RunStatus, readRun } from "sse-service/runs";
import type { ResolvedLogOptions } from "./log-options.js";

export interface ReadEntry {
	readonly cursor: string;
	readonly entry: RunEntry;
}

/**
 * Yields the entries from a sequence on, as they arrive, without the end.
 *
 * @returns the end; `undefined` after `signal` has aborted
 * @throws (rejects) `ERR_SSE_RUN_UNKNOWN` if the run is no longer kept
 */
export async function* readEntries(
	{ store, onError }: ResolvedLogOptions,
	status: RunStatus,
	from: number,
	signal: AbortSignal,
): AsyncGenerator<ReadEntry, RunEntry | undefined> {
	const { id, attempt } = status;
	const pages = readRun(store, status, from, signal, onError);
	try {
		for (;;) {
			const page = await pages.next();
			if (page.done === true) {
				if (page.value) return undefined;
				throw new SSEError("ERR_SSE_RUN_UNKNOWN", `The run ${id} is no longer kept`);
			}
			let { from: sequence } = page.value;
			for (const entry of page.value.entries) {
				if (signal.aborted) return undefined;
				if (entry.end !== undefined) return entry;
				yield { cursor: encodeRunCursor({ attempt, sequence: sequence++ }), entry };
			}
		}
	} finally {
		await pages.return(true);
	}
}

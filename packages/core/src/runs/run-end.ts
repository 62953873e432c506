/**
 * The end of a run, as its last entry.
 */
import { SSEError } from "../checks/errors.js";
import type { PendingRules } from "./pending-entries.js";
import type { RunEntry, RunOutcome } from "./run-store.js";

/** How a run ended, as far as the process of its producer knows. */
export interface ProducerEnd {
	readonly outcome: RunOutcome | "handedOver";
	readonly reason?: string | undefined;
	/** Events sent. */
	readonly events: number;
}

export function endEntry(end: RunOutcome, reason: string | undefined): RunEntry {
	return { event: end, data: JSON.stringify(reason === undefined ? {} : { reason }), end };
}

/** Returns the reason of an end, if known. */
export function endReasonOf({ data }: RunEntry): string | undefined {
	return (JSON.parse(data) as { readonly reason?: string }).reason;
}

/** What callers receive after `close`. */
export function closedError(): SSEError {
	return new SSEError("ERR_SSE_SERVICE_CLOSED", "Runs are closed");
}

/** Why a producer is stopped whose run has grown too long. */
export function limitError(
	id: string,
	{ maxEvents, maxLength }: Pick<PendingRules, "maxEvents" | "maxLength">,
): SSEError {
	const limits = `maxEvents (${maxEvents}) or maxLength (${maxLength})`;
	return new SSEError("ERR_SSE_RUN_LIMIT", `The run ${id} exceeds ${limits}`);
}

/** What a producer receives that sends after the end. */
export function overError(id: string): SSEError {
	return new SSEError(
		"ERR_SSE_RUN_OVER",
		`The run ${id} is over, or belongs to another producer: stop producing`,
	);
}

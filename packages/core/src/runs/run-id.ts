/**
 * What the application names a run by, and asks of it.
 */
import { invalid } from "../checks/errors.js";

const MAX_LENGTH = 256;
const MAX_REASON_LENGTH = 1_000;

/** @returns the id: 1 to 256 characters, without a lone surrogate @throws `ERR_SSE_INVALID_RUN_ID` */
export function checkRunId(id: unknown): string {
	if (isText(id, MAX_LENGTH) && id.isWellFormed()) return id;
	const rule = `A run's id must be a string of 1 to ${MAX_LENGTH} characters, without a lone surrogate`;
	throw invalid("ERR_SSE_INVALID_RUN_ID", rule, id);
}

/** Checks why a run is cancelled: stores keep it, and every reader receives it. @throws `ERR_SSE_INVALID_REASON` */
export function checkReason(reason: unknown): string | undefined {
	if (reason === undefined || isText(reason, MAX_REASON_LENGTH)) return reason;
	const rule = `The reason must be a string of 1 to ${MAX_REASON_LENGTH} characters`;
	throw invalid("ERR_SSE_INVALID_REASON", rule, reason);
}

/** Checks how many runs to list. @throws `ERR_SSE_INVALID_OPTION` */
export function checkCount(limit: unknown): number {
	if (Number.isSafeInteger(limit) && (limit as number) > 0) return limit as number;
	throw invalid("ERR_SSE_INVALID_OPTION", "The limit must be a positive integer", limit);
}

function isText(value: unknown, maxLength: number): value is string {
	return typeof value === "string" && value.length > 0 && value.length <= maxLength;
}

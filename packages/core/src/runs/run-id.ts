/**
 * The id of a run, which the application chooses.
 */
import { invalid } from "../checks/errors.js";

const MAX_LENGTH = 256;

/** @returns the id: 1 to 256 characters @throws `ERR_SSE_INVALID_RUN_ID` */
export function checkRunId(id: unknown): string {
	if (typeof id === "string" && id.length > 0 && id.length <= MAX_LENGTH) return id;
	const rule = `A run's id must be a string of 1 to ${MAX_LENGTH} characters`;
	throw invalid("ERR_SSE_INVALID_RUN_ID", rule, id);
}

/**
 * Refusals: what it means for the stream that the server answered with a status other than 200.
 */
import type { Outcome } from "./attempt.js";
import type { ResolvedOptions } from "./options.js";
import { StreamError } from "./stream-error.js";

/** Returns the error of an attempt, if it failed. */
export function errorOf(
	outcome: Outcome,
	{ isFinal }: Pick<ResolvedOptions, "isFinal">,
): StreamError | undefined {
	const { status, error } = outcome;
	if (status === undefined) return error;
	try {
		const final = status === 401 || isFinal(status);
		return new StreamError("ERR_SSE_STATUS", `The server answered ${status}`, { status, final });
	} catch (cause) {
		return new StreamError("ERR_SSE_CALLBACK", "isFinal threw", { status, final: true, cause });
	}
}

/** Has the application renew its authorization, after a 401. @returns why the stream ends, if it does */
export async function renew(onUnauthorized: () => unknown): Promise<StreamError | undefined> {
	try {
		await onUnauthorized();
		return undefined;
	} catch (cause) {
		const details = { status: 401, final: true, cause };
		return new StreamError("ERR_SSE_CALLBACK", "onUnauthorized threw", details);
	}
}

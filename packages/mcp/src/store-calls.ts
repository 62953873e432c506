/**
 * Calls of the run store, with a time limit. After a slow failure, calls fail at once for a while: an outage delays one message,
 * and not each.
 */
import { within } from "sse-service/engine";

/** A store that has not answered by then is unavailable. */
const TIMEOUT_MS = 5_000;
/** A failure that took longer is an outage. */
const SLOW_MS = 1_000;
const PAUSE_MS = 5_000;

export class StoreCalls {
	#outage: { readonly cause: unknown; readonly until: number } | undefined;

	/** @throws (rejects) `ERR_SSE_TIMEOUT`, and what the call rejects with; during a pause, with the same error as before */
	async run<Result>(call: () => Promise<Result>): Promise<Result> {
		const calledAt = performance.now();
		if (this.#outage !== undefined && calledAt < this.#outage.until) throw this.#outage.cause;
		try {
			const result = await within(TIMEOUT_MS, call(), "An answer of the run store");
			this.#outage = undefined;
			return result;
		} catch (cause) {
			const now = performance.now();
			if (now - calledAt >= SLOW_MS) this.#outage = { cause, until: now + PAUSE_MS };
			throw cause;
		}
	}
}

/**
 * Calls of the run store, with a time limit. After a slow failure, calls fail at once for a while: an outage delays one message,
 * and not each.
 */
import { sendingMs, within } from "sse-service/engine";

/** A store that has not answered by then is unavailable. */
const TIMEOUT_MS = 5_000;
/** A failure that took longer is an outage. */
const SLOW_MS = 1_000;
const PAUSE_MS = 5_000;

export class StoreCalls {
	/** The length of what unanswered calls write. */
	#length = 0;
	#outage: { readonly cause: unknown; readonly until: number } | undefined;

	/**
	 * @param length of what it writes
	 * @throws (rejects) `ERR_SSE_TIMEOUT`, and what the call rejects with; during a pause, with the same error as before
	 */
	async run<Result>(call: () => Promise<Result>, length = 0): Promise<Result> {
		const calledAt = performance.now();
		if (this.#outage !== undefined && calledAt < this.#outage.until) throw this.#outage.cause;
		this.#length += length;
		const limitMs = TIMEOUT_MS + sendingMs(this.#length);
		try {
			const result = await within(limitMs, call(), "An answer of the run store");
			this.#outage = undefined;
			return result;
		} catch (cause) {
			const now = performance.now();
			if (now - calledAt >= SLOW_MS) this.#outage = { cause, until: now + PAUSE_MS };
			throw cause;
		} finally {
			this.#length -= length;
		}
	}
}

/**
 * The delay before the next attempt: exponential, with jitter, never shorter than the server asks for.
 */
import type { ResolvedOptions } from "./options.js";

// Longer times that the server asks for, by `Retry-After` or `retry:`, are capped at this.
const MAX_ASKED_MS = 3_600_000;
// A server that asks for less, and ends each stream at once, would have its clients reconnect in a tight loop.
const MIN_ASKED_MS = 100;

export class BackOff {
	readonly #options: ResolvedOptions["retry"];
	/** From the server's `retry:` field; 0 before it names one. */
	#askedMs = 0;
	#failures = 0;

	constructor(options: ResolvedOptions["retry"]) {
		this.#options = options;
	}

	/** Sets the value of the server's `retry:` field. It makes attempts no more frequent than every 100 ms, unless the application does. */
	ask(ms: number): void {
		const leastMs = Math.min(this.#options.baseMs, MIN_ASKED_MS);
		this.#askedMs = Math.min(Math.max(ms, leastMs), MAX_ASKED_MS);
	}

	/** Call when the stream works: the next failure counts as the first. */
	reset(): void {
		this.#failures = 0;
	}

	/** Call when a connection has ended that was open for this long. An idle one worked, too, if it outlived the first delay. */
	held(ms: number): void {
		if (ms >= Math.max(this.#askedMs || this.#options.baseMs, MIN_ASKED_MS)) this.reset();
	}

	/** The delay before the next attempt, in milliseconds. `leastMs`: from `Retry-After`, or 0. */
	next(leastMs: number): number {
		const { baseMs, maxMs, jitter } = this.#options;
		const firstMs = this.#askedMs || baseMs;
		// Also a base of 0 grows with each failure.
		const grown = Math.max(firstMs, this.#failures && 1) * 2 ** Math.min(this.#failures, 30);
		this.#failures++;
		// The application's own first delay may exceed the maximum, too.
		const full = Math.min(Math.max(maxMs, firstMs), grown);
		const share = jitter * Math.random();
		const asked = Math.max(this.#askedMs, Math.min(leastMs, MAX_ASKED_MS));
		// HTML, section 9.2.3: "Wait a delay equal to the reconnection time [...] Optionally, wait some more". More, so that
		// clients that were cut or refused together do not return together.
		return Math.max(full * (1 - share), asked * (1 + share));
	}
}

/** `Retry-After` in milliseconds: RFC 9110, section 10.2.3, seconds or an HTTP date; 0 if it is neither, or in the past. */
export function retryAfterMs(value: string | null): number {
	if (/^\s*\d+\s*$/.test(value ?? "")) return Number(value) * 1_000;
	return Math.max(0, Date.parse(value ?? "") - Date.now() || 0);
}

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
	#baseMs: number;
	#failures = 0;

	constructor(options: ResolvedOptions["retry"]) {
		this.#options = options;
		this.#baseMs = options.baseMs;
	}

	/** Sets the value of the server's `retry:` field. It makes attempts no more frequent than every 100 ms, unless the application does. */
	setBase(ms: number): void {
		const leastMs = Math.min(this.#options.baseMs, MIN_ASKED_MS);
		this.#baseMs = Math.min(Math.max(ms, leastMs), MAX_ASKED_MS);
	}

	/** Call when the stream works: the next failure counts as the first. */
	reset(): void {
		this.#failures = 0;
	}

	/** Call when a connection has ended that was open for this long. An idle one worked, too, if it outlived the first delay. */
	held(ms: number): void {
		if (ms >= Math.max(this.#baseMs, MIN_ASKED_MS)) this.reset();
	}

	/** The delay before the next attempt, in milliseconds. `leastMs`: from `Retry-After`, or 0. */
	next(leastMs: number): number {
		const { maxMs, jitter } = this.#options;
		// The server's own `retry:` may exceed our maximum, and takes precedence.
		const cap = Math.max(maxMs, this.#baseMs);
		// Also a base of 0 grows with each failure.
		const grown = Math.max(this.#baseMs, this.#failures && 1) * 2 ** Math.min(this.#failures, 30);
		this.#failures++;
		const full = Math.min(cap, grown);
		const delay = full * (1 - jitter * Math.random());
		// At least the requested time, plus jitter, so that clients refused together do not return together.
		return Math.max(delay, Math.min(leastMs, MAX_ASKED_MS) * (1 + 0.1 * Math.random()));
	}
}

/** `Retry-After` in milliseconds: RFC 9110, section 10.2.3, seconds or an HTTP date; 0 if it is neither, or in the past. */
export function retryAfterMs(value: string | null): number {
	if (/^\s*\d+\s*$/.test(value ?? "")) return Number(value) * 1_000;
	return Math.max(0, Date.parse(value ?? "") - Date.now() || 0);
}

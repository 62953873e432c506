/**
 * The idempotency keys of what was appended lately, with the answers: whoever is not sure that an event was appended
 * may append it again.
 */
import type { Appended } from "./event-log.js";

// They outlive their events, which newer ones of their `key` replace, so they have a bound of their own.
const MAX_KEYS = 10_000;

// About what one of them takes, with its answer, on a 64-bit machine.
const KEY_BYTES = 420;

interface Known {
	readonly appended: Appended;
	readonly at: number;
}

interface Bounds {
	readonly maxEvents: number;
	readonly maxAgeMs: number;
}

export class IdempotencyKeys {
	readonly #maxKeys: number;
	readonly #maxAgeMs: number;
	/** The oldest first. */
	readonly #keys = new Map<string, Known>();
	/** About what they take in memory. */
	bytes = 0;

	/** As many keys, and for as long, as events are kept; at most 10,000. */
	constructor({ maxEvents, maxAgeMs }: Bounds) {
		this.#maxKeys = Math.min(maxEvents, MAX_KEYS);
		this.#maxAgeMs = maxAgeMs;
	}

	get(key: string, now: number): Appended | undefined {
		this.trim(now);
		return this.#keys.get(key)?.appended;
	}

	/** One that is not known. */
	add(key: string, appended: Appended, now: number): void {
		this.#keys.set(key, { appended, at: now });
		this.bytes += weightOf(key, appended);
		this.trim(now);
	}

	trim(now: number): void {
		for (const [oldest, { appended, at }] of this.#keys) {
			if (this.#keys.size <= this.#maxKeys && now - at < this.#maxAgeMs) return;
			this.#keys.delete(oldest);
			this.bytes -= weightOf(oldest, appended);
		}
	}
}

function weightOf(key: string, { ownId = "" }: Appended): number {
	return KEY_BYTES + key.length + ownId.length;
}

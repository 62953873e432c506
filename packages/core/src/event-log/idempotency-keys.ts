/**
 * The idempotency keys of recent appends, with their answers: a caller that does not know whether an event was appended can
 * append it again.
 */
import type { Appended } from "./event-log.js";

// Keys outlive events that newer ones with the same `key` replace, so they have a limit of their own.
const MAX_KEYS = 10_000;

// Approximate memory of a key and its answer, on a 64-bit machine.
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
	/** Oldest first. */
	readonly #keys = new Map<string, Known>();
	/** Approximate memory of all keys. */
	bytes = 0;

	/** Keeps as many keys, and for as long, as events are kept; at most 10,000. */
	constructor({ maxEvents, maxAgeMs }: Bounds) {
		this.#maxKeys = Math.min(maxEvents, MAX_KEYS);
		this.#maxAgeMs = maxAgeMs;
	}

	get(key: string, now: number): Appended | undefined {
		this.trim(now);
		return this.#keys.get(key)?.appended;
	}

	/** The key must be unknown. */
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

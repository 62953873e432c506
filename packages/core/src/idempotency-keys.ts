/**
 * The idempotency keys of what was appended lately, with the positions: whoever is not sure that an event was appended
 * may append it again.
 */
import type { Position } from "./cursor.js";

interface Bounds {
	readonly maxEvents: number;
	readonly maxAgeMs: number;
}

export class IdempotencyKeys {
	readonly #bounds: Bounds;
	/** The oldest first. */
	readonly #keys = new Map<string, { readonly position: Position; readonly at: number }>();

	/** As many keys, and for as long, as events are kept. */
	constructor(bounds: Bounds) {
		this.#bounds = bounds;
	}

	get(key: string, now: number): Position | undefined {
		const { maxEvents, maxAgeMs } = this.#bounds;
		for (const [oldest, { at }] of this.#keys) {
			if (this.#keys.size <= maxEvents && now - at < maxAgeMs) break;
			this.#keys.delete(oldest);
		}
		return this.#keys.get(key)?.position;
	}

	add(key: string, position: Position, now: number): void {
		this.#keys.set(key, { position, at: now });
	}
}

/**
 * The latest relays that this tab has, in order: enough to send another tab what it missed, and to see which of two positions
 * is ahead.
 */
import type { Relay } from "./channel.js";

// The maximum total length, in characters. A few large events must not fill the memory of every tab.
const MAX_LENGTH = 4_194_304;

export class RecentRelays {
	readonly #maxEvents: number;
	#relays: Relay[] = [];
	/** The length of all of them, in characters. */
	#length = 0;
	/** The position before the first of them. */
	#before: string | undefined;

	constructor(maxEvents: number) {
		this.#maxEvents = maxEvents;
	}

	/** Drops all relays and starts at a position. */
	reset(id: string | undefined): void {
		this.#relays = [];
		this.#length = 0;
		this.#before = id;
	}

	add(relay: Relay): void {
		this.#relays.push(relay);
		this.#length += lengthOf(relay);
		// Trims many at once, so that adding stays cheap.
		if (this.#relays.length <= this.#maxEvents * 1.25 && this.#length <= MAX_LENGTH * 1.25) return;
		let dropped = 0;
		while (this.#relays.length - dropped > this.#maxEvents || this.#length > MAX_LENGTH) {
			const relay = this.#relays[dropped++] as Relay;
			this.#before = relay.id ?? this.#before;
			this.#length -= lengthOf(relay);
		}
		this.#relays.splice(0, dropped);
	}

	/** Returns the last `count` relays, or `undefined` if not all are here. */
	last(count: number): readonly Relay[] | undefined {
		if (count > this.#relays.length) return undefined;
		return count === 0 ? [] : this.#relays.slice(-count);
	}

	/** Returns all relays after a position, or `undefined` if the position is not known here. */
	after(id: string): readonly Relay[] | undefined {
		const index = this.#relays.findLastIndex((relay) => relay.id === id);
		if (index >= 0) return this.#relays.slice(index + 1);
		return id === this.#before ? this.#relays.slice() : undefined;
	}

	/** Whether this tab is known to have received the event with this id. */
	has(id: string | undefined): boolean {
		return id !== undefined && this.#relays.some((relay) => relay.id === id);
	}
}

function lengthOf({ type = "", text, id = "" }: Relay): number {
	return type.length + text.length + id.length;
}

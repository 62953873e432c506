/**
 * The latest relays that this tab has, in order: enough to tell another tab what it missed, and to see which of two
 * positions is ahead.
 */
import type { Relay } from "./channel.js";

// Of their text, in characters: a few large events must not fill the memory of every tab.
const MAX_LENGTH = 4_194_304;

export class RecentRelays {
	readonly #maxEvents: number;
	#relays: Relay[] = [];
	#length = 0;
	/** The position before the first of them. */
	#before: string | undefined;

	constructor(maxEvents: number) {
		this.#maxEvents = maxEvents;
	}

	/** Begin anew at a position. */
	reset(id: string | undefined): void {
		this.#relays = [];
		this.#length = 0;
		this.#before = id;
	}

	add(relay: Relay): void {
		this.#relays.push(relay);
		this.#length += relay.text.length;
		// In one go, so that adding stays cheap.
		if (this.#relays.length <= this.#maxEvents * 1.25 && this.#length <= MAX_LENGTH * 1.25) return;
		let dropped = 0;
		while (this.#relays.length - dropped > this.#maxEvents || this.#length > MAX_LENGTH) {
			const { id, text } = this.#relays[dropped++] as Relay;
			this.#before = id ?? this.#before;
			this.#length -= text.length;
		}
		this.#relays.splice(0, dropped);
	}

	/** The last `count` of them, or `undefined` when they are not here. */
	last(count: number): readonly Relay[] | undefined {
		if (count > this.#relays.length) return undefined;
		return count === 0 ? [] : this.#relays.slice(-count);
	}

	/** All after a position, or `undefined` when that is not known here. */
	after(id: string): readonly Relay[] | undefined {
		const index = this.#relays.findLastIndex((relay) => relay.id === id);
		if (index >= 0) return this.#relays.slice(index + 1);
		return id === this.#before ? this.#relays.slice() : undefined;
	}

	/** Whether this tab has had the event with this id, as far as is known here. */
	has(id: string | undefined): boolean {
		return id !== undefined && this.#relays.some((relay) => relay.id === id);
	}
}

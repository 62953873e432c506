/**
 * Muteness: attempts in a row that brought no byte in time. Something between server and client then holds responses back until
 * they end, and a long poll, which ends, gets through. It is the same where `fetch` itself gives a body only when it is complete.
 */

// After this many attempts in a row.
const MUTE_ATTEMPTS = 3;
// Then streams get another chance: the network may be another one.
const POLLING_MS = 600_000;

export class Muteness {
	readonly #mayPoll: boolean;
	#attempts = 0;
	/** Attempts are polls until this time. */
	#pollUntil = 0;
	/** Whether `fetch` answers before it has all of the response. */
	canStream: boolean;

	constructor(mayPoll: boolean, canStream: boolean) {
		this.#mayPoll = mayPoll;
		this.canStream = canStream;
	}

	/** Whether responses are held back. */
	get isBuffered(): boolean {
		return !this.canStream || this.#attempts >= MUTE_ATTEMPTS;
	}

	/** Whether the next attempt should be a long poll. */
	get isPolling(): boolean {
		return this.#mayPoll && (!this.canStream || Date.now() < this.#pollUntil);
	}

	/** Call when an attempt has ended without a byte in time. */
	onMute(): void {
		this.#attempts++;
		// Where a poll is mute, too, polls and streams take turns.
		const begins = this.isBuffered && !this.isPolling;
		this.#pollUntil = begins ? Date.now() + POLLING_MS : 0;
	}

	/** Call when a stream has brought a byte, or the network may have changed. */
	reset(): void {
		this.#attempts = 0;
		this.#pollUntil = 0;
	}
}

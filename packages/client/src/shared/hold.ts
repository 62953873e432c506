/**
 * The hold of a tab: while its iterators have no room it takes no relays. Afterwards a follower asks for them, and the leader takes
 * them from those that it has kept. What waits in a tab is bounded so, however slow the tab is.
 */
export class Hold {
	readonly #room: () => Promise<void> | undefined;
	readonly #onMissed: () => void;
	/** Whether a relay was passed over; `undefined` while there is room. */
	#hasMissed: boolean | undefined;

	/** @param onMissed called when there is room again, if relays were passed over */
	constructor(room: () => Promise<void> | undefined, onMissed: () => void) {
		this.#room = room;
		this.#onMissed = onMissed;
	}

	/** Whether relays are passed over. */
	get isOn(): boolean {
		return this.#hasMissed !== undefined;
	}

	/** Call when events have been taken. */
	check(): void {
		if (this.#hasMissed === undefined && this.#room() !== undefined) void this.#wait();
	}

	/** Whether to pass over a relay that is to be taken now. */
	passes(): boolean {
		if (this.#hasMissed === undefined) return false;
		this.#hasMissed = true;
		return true;
	}

	/** Takes relays from now on. @returns whether some were passed over */
	end(): boolean {
		const hasMissed = this.#hasMissed === true;
		this.#hasMissed = undefined;
		return hasMissed;
	}

	async #wait(): Promise<void> {
		this.#hasMissed = false;
		for (let room = this.#room(); room !== undefined; room = this.#room()) await room;
		if (this.end()) this.#onMissed();
	}
}

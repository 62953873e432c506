/**
 * The clock of an engine, estimated from its answers. It dates events, so it must also decide when they expire: the clock of
 * this process may be minutes off, and would then drop an event with `ttlMs` too early or replay it too late.
 */

// Only this many recent answers count, because older ones are wrong once the engine's clock is set back.
const SAMPLES = 8;

export class EngineClock {
	/** Lower bounds of the engine's lead over `performance.now()`: each answer took time to arrive. */
	readonly #leads: number[] = [];
	#lead: number | undefined;
	#date: number | undefined;

	/** @param now the engine's clock when it sent the answer that has just arrived; `undefined` if it sends none */
	see(now: number | undefined): void {
		if (now === undefined) return;
		this.#leads.push(now - performance.now());
		if (this.#leads.length > SAMPLES) this.#leads.shift();
		// The answer with the shortest transit time is the most accurate.
		this.#lead = Math.max(...this.#leads);
	}

	/**
	 * @param at when the engine stored a text that has just arrived: its clock is not behind that. An engine may send its
	 * clock later than its first texts, or never
	 */
	seeDate(at: number): void {
		// Of texts of the same millisecond, the first says most.
		if (at === this.#date) return;
		this.#date = at;
		const lead = at - performance.now();
		if (this.#lead === undefined || lead > this.#lead) this.#lead = lead;
	}

	/** Milliseconds since 1970, never ahead of the engine's clock. This process's clock until the engine has sent its own. */
	now(): number {
		return this.#lead === undefined ? Date.now() : performance.now() + this.#lead;
	}
}

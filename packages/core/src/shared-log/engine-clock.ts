/**
 * The clock of an engine, as its answers have shown it. Events are dated by it, so they expire by it: the clock of this process may
 * be minutes off, and an event with `ttlMs` would be dropped unseen, or shown too late.
 */

// Answers that count. The engine's clock may be set back: then older answers are wrong.
const SAMPLES = 8;

export class EngineClock {
	/** How far the engine's clock was ahead of `performance.now()`, at least: an answer was on its way for a while. */
	readonly #leads: number[] = [];
	#lead: number | undefined;

	/** @param now the engine's clock when it sent what has just arrived; `undefined` if it has none */
	see(now: number | undefined): void {
		if (now === undefined) return;
		this.#leads.push(now - performance.now());
		if (this.#leads.length > SAMPLES) this.#leads.shift();
		// The answer that was on its way for the shortest time is the closest.
		this.#lead = Math.max(...this.#leads);
	}

	/** In milliseconds since 1970: never ahead of the engine's clock. That of this process, while the engine has shown none. */
	now(): number {
		return this.#lead === undefined ? Date.now() : performance.now() + this.#lead;
	}
}

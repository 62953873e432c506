/**
 * The flush: what connections were sent in one turn of the event loop leaves at the end of that
 * turn, in one write for each connection.
 */
import { Batch } from "./batch.js";

/** Whoever has something to write when the turn ends. */
export interface Flushable {
	flush(): void;
}

/** Resolves when this turn of the event loop ends. */
export function endOfTurn(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}

export class Flush {
	/** The empty batch that every connection's first frame of this turn is added to. */
	start = new Batch();
	#waiting: Flushable[] = [];

	/** Have `flushable` flushed when this turn ends. It is flushed once for each call. */
	schedule(flushable: Flushable): void {
		if (this.#waiting.push(flushable) === 1) setImmediate(this.#run);
	}

	readonly #run = (): void => {
		const waiting = this.#waiting;
		this.#waiting = [];
		// A new start, so that no batch, and with it no event's bytes, outlives its turn.
		this.start = new Batch();
		for (const flushable of waiting) flushable.flush();
	};
}

/**
 * A drain: connections ended one after the other, evenly over a window of time, in the order they are given. One timer
 * for all of them.
 */

// In each tick all that has become due is ended: a connection at most this late, and no timer of its own.
const TICK_MS = 25;

export class Drain<T> {
	readonly #connections: readonly T[];
	readonly #end: (connection: T) => void;
	#next = 0;
	/** How many are due: whole ones have been ended, what is over counts at the next tick. */
	#due = 0;
	#deadline = Infinity;
	#timer: ReturnType<typeof setInterval> | undefined;

	/** Nothing happens before `within`. */
	constructor(connections: readonly T[], end: (connection: T) => void) {
		this.#connections = connections;
		this.#end = end;
	}

	/** Have every connection ended within this time from now; a later call can only make that sooner. 0: now. */
	within(windowMs: number): void {
		this.#deadline = Math.min(this.#deadline, performance.now() + windowMs);
		if (windowMs === 0) this.#endUntil(this.#connections.length);
		else this.#timer ??= setInterval(this.#tick, TICK_MS).unref();
	}

	stop(): void {
		clearInterval(this.#timer);
	}

	/**
	 * The share of what is left that falls to this tick. After a time in which the process was busy, what is left is
	 * spread over the time that is left: it does not all end in the next tick, nor after the window.
	 */
	readonly #tick = (): void => {
		const left = this.#connections.length - this.#due;
		const ticksLeft = (this.#deadline - performance.now()) / TICK_MS;
		this.#due += left / (ticksLeft + 1);
		// The last one may come a little early.
		this.#endUntil(ticksLeft < 0.5 ? this.#connections.length : Math.floor(this.#due));
	};

	#endUntil(count: number): void {
		while (this.#next < count) {
			const connection = this.#connections[this.#next++];
			if (connection !== undefined) this.#end(connection);
		}
		if (this.#next === this.#connections.length) this.stop();
	}
}

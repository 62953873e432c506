/**
 * A drain: ends connections one after another, evenly over a time window, in the given order. It uses one timer for all.
 */

// Each tick ends all connections that are due. So each ends at most this late, and none needs a timer of its own.
const TICK_MS = 25;

export class Drain<T> {
	readonly #connections: readonly T[];
	readonly #end: (connection: T) => void;
	#next = 0;
	/** Connections due. Whole ones have been ended; the fraction carries over to the next tick. */
	#due = 0;
	#deadline = Infinity;
	#timer: ReturnType<typeof setInterval> | undefined;

	/** Nothing happens before `within`. */
	constructor(connections: readonly T[], end: (connection: T) => void) {
		this.#connections = connections;
		this.#end = end;
	}

	/** Ends every connection within this time from now; a later call can only shorten it. 0: now. */
	within(windowMs: number): void {
		this.#deadline = Math.min(this.#deadline, performance.now() + windowMs);
		if (windowMs === 0) this.#endUntil(this.#connections.length);
		else this.#timer ??= setInterval(this.#tick, TICK_MS).unref();
	}

	stop(): void {
		clearInterval(this.#timer);
	}

	/**
	 * Ends this tick's share of the remaining connections. If the process was busy for a while, the rest is spread over the
	 * remaining time: the connections neither all end in the next tick nor outlast the window.
	 */
	readonly #tick = (): void => {
		const left = this.#connections.length - this.#due;
		const ticksLeft = (this.#deadline - performance.now()) / TICK_MS;
		this.#due += left / (ticksLeft + 1);
		// The last tick may run slightly early.
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

/**
 * The heartbeat: one timer for all connections of a service, which gives those that were idle for
 * the interval something to send. It is stopped while nobody is connected.
 *
 * Connections are dealt over slots. Each tick looks at one slot, a whole round takes a quarter of the
 * interval, and a connection that was given nothing since four rounds is due. So it is idle for one interval
 * to one and a quarter, and ten thousand connections that fell idle in the same moment are not
 * written in the same tick.
 */
export interface Beating {
	/** Counts up with everything it is given. */
	readonly enqueued: number;
	/** Nothing waits to be written, so a heartbeat would reach the client now. */
	readonly idle: boolean;
}

interface Pulse {
	readonly slot: number;
	seen: number;
	quietRounds: number;
}

const ROUNDS = 4;
const MAX_SLOTS = 16;
// A shorter tick would cost more than the spreading is worth.
const MIN_TICK_MS = 20;

export class Heartbeat<T extends Beating> {
	readonly #beat: (connection: T) => void;
	readonly #intervalMs: number;
	readonly #slots: number;
	readonly #pulses = new Map<T, Pulse>();
	#current = 0;
	#dealt = 0;
	#timer: ReturnType<typeof setInterval> | undefined;

	/** @param intervalMs 0: never beats */
	constructor(intervalMs: number, beat: (connection: T) => void) {
		this.#beat = beat;
		this.#intervalMs = intervalMs;
		const slots = Math.floor(intervalMs / ROUNDS / MIN_TICK_MS);
		this.#slots = Math.min(MAX_SLOTS, Math.max(1, slots));
	}

	add(connection: T): void {
		if (this.#intervalMs === 0) return;
		// The round it comes in is not a whole one: the first look only begins to count.
		this.#pulses.set(connection, { slot: this.#dealt++ % this.#slots, seen: -1, quietRounds: 0 });
		const tickMs = Math.ceil(this.#intervalMs / ROUNDS / this.#slots);
		this.#timer ??= setInterval(this.#tick, tickMs).unref();
	}

	delete(connection: T): void {
		this.#pulses.delete(connection);
		if (this.#pulses.size > 0) return;
		clearInterval(this.#timer);
		this.#timer = undefined;
	}

	readonly #tick = (): void => {
		this.#current = (this.#current + 1) % this.#slots;
		for (const [connection, pulse] of this.#pulses) {
			if (pulse.slot !== this.#current) continue;
			if (pulse.seen === connection.enqueued && connection.idle) pulse.quietRounds++;
			else pulse.quietRounds = 0;
			if (pulse.quietRounds === ROUNDS) {
				this.#beat(connection);
				pulse.quietRounds = 0;
			}
			pulse.seen = connection.enqueued;
		}
	};
}

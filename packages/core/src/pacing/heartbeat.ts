/**
 * The heartbeat: one timer for all connections of a service. It gives those that were idle for the interval something to
 * send, and ends those whose client takes nothing of what waits for it. It is stopped while nobody is connected.
 *
 * Connections are dealt over slots. Each tick looks at one slot, and a whole round takes a quarter of the interval. A
 * connection that was given nothing for four rounds is due. So it is idle for one interval to one and a quarter, and ten
 * thousand connections that fell idle in the same moment are not written in the same tick.
 */
import { Context } from "./context.js";

export interface Beating {
	/** Whole rounds in which it was given nothing: counted here, and made `DISTURBED` by whoever gives it something. */
	quietRounds: number;
	/** Kept for the heartbeat: where it was dealt, and where it is in that slot. */
	heartbeatSlot: number;
	heartbeatIndex: number;
	/** Nothing waits to be written, so a heartbeat would reach the client now. */
	readonly idle: boolean;
	/** Whole rounds in which its client took nothing of what waits for it: counted here. */
	stalledRounds: number;
	/** Whether something waits for the client, which has taken nothing since the last call. */
	isStalled(): boolean;
}

/** How long what waits for a client may go untaken. */
interface Stall<T> {
	/** 0: for ever. */
	readonly timeoutMs: number;
	onStall(connection: T): unknown;
}

/** The round in which it was given something is not a whole one, and does not count. */
export const DISTURBED = -1;

const ROUNDS = 4;
const MAX_SLOTS = 16;
// A shorter tick would cost more than the spreading is worth.
const MIN_TICK_MS = 20;

export class Heartbeat<T extends Beating> {
	readonly #beat: (connection: T) => void;
	readonly #onStall: ((connection: T) => unknown) | undefined;
	readonly #roundMs: number;
	/** After how many rounds it beats, and after how many a client has stalled. `Infinity`: never. */
	readonly #quietRounds: number;
	readonly #stalledRounds: number;
	readonly #slots: readonly T[][];
	#current = 0;
	#dealt = 0;
	#size = 0;
	readonly #context = new Context();
	#timer: ReturnType<typeof setInterval> | undefined;

	/** @param intervalMs 0: never beats */
	constructor(intervalMs: number, beat: (connection: T) => void, stall?: Stall<T>) {
		this.#beat = beat;
		this.#onStall = stall?.onStall;
		const timeoutMs = stall?.timeoutMs || Infinity;
		this.#roundMs = Math.min(intervalMs || Infinity, timeoutMs) / ROUNDS;
		this.#quietRounds = Math.ceil((intervalMs || Infinity) / this.#roundMs);
		// The first look only notes what waits.
		this.#stalledRounds = Math.ceil(timeoutMs / this.#roundMs);
		const slots = Math.floor(this.#roundMs / MIN_TICK_MS);
		const length = Math.min(MAX_SLOTS, Math.max(1, slots));
		this.#slots = Array.from({ length }, () => []);
	}

	/** It must not be here already. */
	add(connection: T): void {
		if (this.#roundMs === Infinity) return;
		connection.quietRounds = DISTURBED;
		connection.heartbeatSlot = this.#dealt++ % this.#slots.length;
		const slot = this.#slots[connection.heartbeatSlot] ?? [];
		connection.heartbeatIndex = slot.push(connection) - 1;
		this.#size++;
		const tickMs = Math.ceil(this.#roundMs / this.#slots.length);
		this.#timer ??= this.#context.run(() => setInterval(this.#tick, tickMs).unref());
	}

	delete(connection: T): void {
		const { heartbeatIndex } = connection;
		const slot = this.#slots[connection.heartbeatSlot] ?? [];
		if (slot[heartbeatIndex] !== connection) return;
		// The last one takes its place.
		const last = slot.pop();
		if (last !== undefined && last !== connection) {
			slot[heartbeatIndex] = last;
			last.heartbeatIndex = heartbeatIndex;
		}
		this.#size--;
		if (this.#size > 0) return;
		clearInterval(this.#timer);
		this.#timer = undefined;
	}

	readonly #tick = (): void => {
		this.#current = (this.#current + 1) % this.#slots.length;
		// A copy, because one that is written to may be deleted.
		for (const connection of [...(this.#slots[this.#current] ?? [])]) {
			connection.quietRounds = connection.idle ? connection.quietRounds + 1 : 0;
			if (connection.quietRounds === this.#quietRounds) {
				this.#beat(connection);
				connection.quietRounds = 0;
			}
			if (this.#onStall === undefined) continue;
			connection.stalledRounds = connection.isStalled() ? connection.stalledRounds + 1 : 0;
			if (connection.stalledRounds > this.#stalledRounds) this.#onStall(connection);
		}
	};
}

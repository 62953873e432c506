/**
 * The heartbeat: one timer for all connections of a service. It sends something on connections that were idle for the
 * interval, and ends connections whose client does not read waiting data. The timer stops while nobody is connected.
 *
 * Connections are spread over slots. Each tick checks one slot, and a full round takes a quarter of the interval. A
 * connection that was sent nothing for four rounds is due. It has then been idle for 1 to 1.25 intervals (a little more if
 * a tick is not a whole number of milliseconds, and is rounded up), and ten thousand
 * connections that became idle at the same moment are not written in the same tick.
 */
import { Context } from "./context.js";

export interface Beating {
	/** Full rounds in which nothing was sent. Counted here; every send resets it to `DISTURBED`. */
	quietRounds: number;
	/** Kept for the heartbeat: the slot of the connection, and its index there. */
	heartbeatSlot: number;
	heartbeatIndex: number;
	/** True unless what was written before has to leave first. */
	readonly idle: boolean;
	/** Full rounds in which the client read none of the waiting data. Counted here. */
	stalledRounds: number;
	/** Whether data waits for the client, and the client has read none of it since the last call. */
	isStalled(): boolean;
}

/** How long a client may leave waiting data unread. */
interface Stall<T> {
	/** 0: forever. */
	readonly timeoutMs: number;
	onStall(connection: T): unknown;
}

/** The round of a send is not a full round and does not count. */
export const DISTURBED = -1;

const ROUNDS = 4;
const MAX_SLOTS = 16;
// A shorter tick costs more than it gains by spreading the writes.
const MIN_TICK_MS = 20;

export class Heartbeat<T extends Beating> {
	readonly #beat: (connection: T) => void;
	readonly #onStall: ((connection: T) => unknown) | undefined;
	readonly #roundMs: number;
	/** Rounds until a heartbeat is due, and until a client counts as stalled. `Infinity`: never. */
	readonly #quietRounds: number;
	readonly #stalledRounds: number;
	readonly #slots: readonly T[][];
	#current = 0;
	#dealt = 0;
	#size = 0;
	readonly #context = new Context();
	#timer: ReturnType<typeof setInterval> | undefined;

	/** @param intervalMs 0: no heartbeats */
	constructor(intervalMs: number, beat: (connection: T) => void, stall?: Stall<T>) {
		this.#beat = beat;
		this.#onStall = stall?.onStall;
		const timeoutMs = stall?.timeoutMs || Infinity;
		this.#roundMs = Math.min(intervalMs || Infinity, timeoutMs) / ROUNDS;
		this.#quietRounds = Math.ceil((intervalMs || Infinity) / this.#roundMs);
		// The first check only records what waits.
		this.#stalledRounds = Math.ceil(timeoutMs / this.#roundMs);
		const slots = Math.floor(this.#roundMs / MIN_TICK_MS);
		const length = Math.min(MAX_SLOTS, Math.max(1, slots));
		this.#slots = Array.from({ length }, () => []);
	}

	/** The connection must not have been added already. */
	add(connection: T): void {
		if (this.#roundMs === Infinity) return;
		connection.quietRounds = DISTURBED;
		connection.heartbeatSlot = this.#dealt++ % this.#slots.length;
		const slot = this.#slots[connection.heartbeatSlot] ?? [];
		connection.heartbeatIndex = slot.push(connection) - 1;
		this.#size++;
		this.#timer ??= this.#start();
	}

	delete(connection: T): void {
		const { heartbeatIndex } = connection;
		const slot = this.#slots[connection.heartbeatSlot] ?? [];
		if (slot[heartbeatIndex] !== connection) return;
		// The last connection of the slot takes its place.
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

	#start(): ReturnType<typeof setInterval> {
		const tickMs = Math.ceil(this.#roundMs / this.#slots.length);
		return this.#context.run(() => setInterval(this.#tick, tickMs).unref());
	}

	readonly #tick = (): void => {
		this.#current = (this.#current + 1) % this.#slots.length;
		// A copy, because a write can delete its connection from the slot.
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

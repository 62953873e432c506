/**
 * Connections ahead of the log: another process has sent their clients more than the log has delivered here so far, or
 * events of a log that this process may not follow yet. They do not receive those events again while this process catches up,
 * and commands from before their positions do not concern them.
 */

import type { EventLog, SharedLog } from "../event-log/event-log.js";
import { encodeCursor, isBehind, type Position } from "../wire/cursor.js";

interface Waiting {
	readonly until: Position;
	readonly settle: (at: Position) => void;
}

interface Link<Connection> {
	next: Held<Connection> | undefined;
}

/** What was done to connections while some waited. */
interface Held<Connection> extends Link<Connection> {
	readonly redo: (only: Connection) => void;
}

export class AheadOfLog<Connection> {
	readonly #waiting = new Map<Connection, Waiting>();
	/** Those that wait, by the key of their position. Clients can make positions up, so a delivery must not look at all of them. */
	readonly #byPosition = new Map<string, Set<Waiting>>();
	/** Nobody waits for a position of its log up to here. Set while anybody waits. */
	#passed: Position | undefined;
	/** See `connections`. */
	readonly #kept = new Set<Connection>();
	readonly #arrived: Connection[] = [];
	/** The last one. Each wait keeps those that came since it began, and nothing keeps the others. */
	#lastHeld: Link<Connection> = { next: undefined };

	/**
	 * Withholds everything up to a position from a connection.
	 *
	 * @returns the position after which the connection receives events: the given one, unless the log does not have it, or takes
	 * longer than `maxLagMs` to reach it
	 */
	wait(
		connection: Connection,
		until: Position,
		log: EventLog,
		{ maxLagMs, current, had }: SharedLog,
	): Promise<Position> {
		const { position } = log;
		if (position?.epoch === until.epoch && !isBehind(position, until)) {
			return Promise.resolve(position);
		}
		return new Promise((resolve) => {
			const key = keyOf(until);
			const heldBefore = this.#lastHeld;
			const settle = (at = log.position ?? until): void => {
				// It may wait for something else by now.
				if (this.#waiting.get(connection) !== waiting) return;
				clearTimeout(timer);
				const same = this.#byPosition.get(key);
				if (same?.delete(waiting) && same.size === 0) this.#byPosition.delete(key);
				this.#waiting.delete(connection);
				this.#kept.delete(connection);
				// A position that the log does not have says nothing about what is before it.
				if (encodeCursor(at) !== encodeCursor(until) && had?.(until) === false) {
					for (let held = heldBefore.next; held !== undefined; held = held.next) {
						held.redo(connection);
					}
				}
				resolve(at);
			};
			const waiting = { until, settle };
			const timer = setTimeout(settle, maxLagMs).unref();
			if (this.#waiting.size === 0) this.#passed = position;
			this.#waiting.set(connection, waiting);
			this.#byPosition.set(key, (this.#byPosition.get(key) ?? new Set()).add(waiting));
			this.#kept.add(connection);
			// A client's position was in the log before the client came, and all that was there has arrived by then.
			void current().then(() => settle());
		});
	}

	/** Keeps the event that is being delivered from a connection that has just registered. */
	keep(connection: Connection): void {
		this.#kept.add(connection);
		this.#arrived.push(connection);
	}

	/** Whether a connection waits for a position, and this one is not after it. */
	isPast(connection: Connection, at: Position): boolean {
		const { until } = this.#waiting.get(connection) ?? {};
		return until !== undefined && !isBehind(until, at);
	}

	/** Call with each command, in their order here: connections whose positions the log turns out to lack have them all done again. */
	hold(redo: (only: Connection) => void): void {
		if (this.#waiting.size === 0) return;
		const held = { redo, next: undefined };
		this.#lastHeld.next = held;
		this.#lastHeld = held;
	}

	/** Connections that already have what the log delivers next, or receive it in another way. Changes with them. */
	get connections(): ReadonlySet<Connection> {
		return this.#kept;
	}

	/** Call when the log has delivered the event at a position. */
	onDelivered(position: Position): void {
		if (this.#arrived.length > 0) {
			for (const connection of this.#arrived.splice(0)) {
				if (!this.#waiting.has(connection)) this.#kept.delete(connection);
			}
		}
		const passed = this.#passed;
		if (this.#waiting.size === 0 || passed === undefined) return;
		// Texts that are no events are not delivered, but clients can have their positions.
		const { epoch } = position;
		let sequence = passed.epoch === epoch ? passed.sequence + 1 : position.sequence;
		for (; sequence <= position.sequence; sequence++) {
			for (const { settle } of this.#byPosition.get(keyOf({ epoch, sequence })) ?? []) {
				settle(position);
			}
		}
		this.#passed = position;
	}

	/** Call when the log breaks: only connections ahead of its new position keep waiting. @returns all that were waiting */
	onBreak(position: Position): ReadonlySet<Connection> {
		const waiting = new Set(this.#waiting.keys());
		this.#passed = position;
		for (const { until, settle } of this.#waiting.values()) {
			if (!isBehind(position, until)) settle(position);
		}
		return waiting;
	}
}

function keyOf({ epoch, sequence }: Omit<Position, "tag">): string {
	return `${sequence} ${epoch}`;
}

/**
 * Connections ahead of the log: another process has sent their clients more than the log has delivered here so far, or
 * events of a log that this process may not follow yet. They do not receive those events again while this process catches up.
 */

import type { EventLog, SharedLog } from "../event-log/event-log.js";
import type { Position } from "../wire/cursor.js";

interface Waiting {
	readonly until: Position;
	readonly settle: (at: Position) => void;
}

export class AheadOfLog<Connection> {
	readonly #waiting = new Map<Connection, Waiting>();

	/**
	 * Withholds everything up to a position from a connection.
	 *
	 * @returns the position after which the connection receives events: the given one, unless the log takes longer than
	 * `maxLagMs` to reach it, or the position is proven to belong to another log
	 */
	wait(
		connection: Connection,
		until: Position,
		log: EventLog,
		{ maxLagMs, current }: SharedLog,
	): Promise<Position> {
		return new Promise((resolve) => {
			const settle = (at = log.position ?? until): void => {
				clearTimeout(timer);
				this.#waiting.delete(connection);
				resolve(at);
			};
			const timer = setTimeout(settle, maxLagMs).unref();
			this.#waiting.set(connection, { until, settle });
			void current().then(() => {
				if (until.epoch !== log.position?.epoch) settle();
			});
		});
	}

	/** Connections that already have what the log delivers next, or receive it in another way. */
	get connections(): Iterable<Connection> {
		return this.#waiting.keys();
	}

	/** Call when the log has delivered the event at a position. */
	onDelivered(position: Position): void {
		for (const { until, settle } of this.#waiting.values()) {
			if (until.epoch === position.epoch && until.sequence <= position.sequence) settle(position);
		}
	}

	/** Call when the log breaks: only connections ahead of its new position keep waiting. @returns all that were waiting */
	onBreak(position: Position): ReadonlySet<Connection> {
		const waiting = new Set(this.#waiting.keys());
		this.onDelivered(position);
		for (const { until, settle } of this.#waiting.values()) {
			if (until.epoch !== position.epoch) settle(position);
		}
		return waiting;
	}
}

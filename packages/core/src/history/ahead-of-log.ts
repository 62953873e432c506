/**
 * Those ahead: connections whose clients have been given more, by another process, than the log has delivered here yet, or
 * what is of a log that this process may not have come to yet. What they have is kept from them until it has come up with them.
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
	 * Keep everything up to a position from a connection.
	 *
	 * @returns the position from which on the connection is sent what comes: that one, unless it takes longer than `maxLagMs`,
	 * or is proven to be of another log
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

	/** Those who have had what the log delivers next, or are to be given it otherwise. */
	get connections(): Iterable<Connection> {
		return this.#waiting.keys();
	}

	/** The log has delivered what is at a position. */
	onDelivered(position: Position): void {
		for (const { until, settle } of this.#waiting.values()) {
			if (until.epoch === position.epoch && until.sequence <= position.sequence) settle(position);
		}
	}

	/** The log goes on elsewhere: only those who are ahead of it there are waited for still. @returns all who were */
	onBreak(position: Position): ReadonlySet<Connection> {
		const waiting = new Set(this.#waiting.keys());
		this.onDelivered(position);
		for (const { until, settle } of this.#waiting.values()) {
			if (until.epoch !== position.epoch) settle(position);
		}
		return waiting;
	}
}

/**
 * Those ahead: connections whose clients have been given more, by another process, than the log has delivered here yet.
 * What they have is kept from them until this process has come up with them.
 */
import type { Position } from "./cursor.js";

interface Waiting {
	readonly sequence: number;
	readonly settle: (at: Position) => void;
}

export class Ahead<Connection> {
	readonly #waiting = new Map<Connection, Waiting>();

	/**
	 * Keep everything up to a sequence from a connection.
	 *
	 * @param fallback where the log is when it takes too long
	 * @returns the position from which on the connection is sent what comes: that of the sequence, unless it took longer
	 */
	wait(
		connection: Connection,
		sequence: number,
		ms: number,
		fallback: () => Position,
	): Promise<Position> {
		const { promise, resolve } = withResolver<Position>();
		const settle = (at: Position): void => {
			clearTimeout(timer);
			this.#waiting.delete(connection);
			resolve(at);
		};
		const timer = setTimeout(() => settle(fallback()), ms);
		timer.unref();
		this.#waiting.set(connection, { sequence, settle });
		return promise;
	}

	/** Those who have had what is at a position. */
	*past({ sequence }: Position): Iterable<Connection> {
		for (const [connection, waiting] of this.#waiting) {
			if (waiting.sequence >= sequence) yield connection;
		}
	}

	/** The log has delivered what is at a position. */
	onDelivered(position: Position): void {
		for (const { sequence, settle } of this.#waiting.values()) {
			if (sequence <= position.sequence) settle(position);
		}
	}

	/** The log goes on elsewhere: nobody is waited for. @returns those who were */
	onBreak(position: Position): ReadonlySet<Connection> {
		const waiting = new Set(this.#waiting.keys());
		for (const { settle } of this.#waiting.values()) settle(position);
		return waiting;
	}
}

function withResolver<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
	let resolve: (value: T) => void = () => {};
	const promise = new Promise<T>((settle) => {
		resolve = settle;
	});
	return { promise, resolve };
}

/**
 * The event log: what was sent to groups, to clients and to everyone, in one order. Every process, the sender's
 * included, delivers from its tail, and a client that comes back reads on from where it was.
 */
import type { Position } from "./cursor.js";
import type { LogEntry, LogRecord } from "./record.js";

/** Who reads: what is for this client, for one of these groups, or for everyone. */
export interface LogReader {
	readonly clientId: string;
	readonly groups: readonly string[];
	/** Groups of which it reads only what is for the client within them: it is given their newest events otherwise. */
	readonly ownGroups?: readonly string[];
}

/** Where an event is in the log, and with what id. */
export interface Appended extends Position {
	/** The application's own, which is in the event's id. */
	readonly ownId?: string | undefined;
}

/** A part of what a reader missed. */
export interface Page {
	/** In the order of the log. */
	readonly records: readonly LogRecord[];
	/** Up to here that was all. */
	readonly upTo: Position;
}

/**
 * Why there is no reading on from a position.
 * - `expired`: an event after it was for this reader and is not kept any more.
 * - `epoch`: the log has begun anew since.
 * - `diverged`: this log has no such position.
 */
export type ReadFailure = "expired" | "epoch" | "diverged";

/** Called for every event of the log, in its order, once. `entry`: as it was appended, where this process did that. */
export type Deliver = (record: LogRecord, entry: LogEntry | undefined) => void;

/** What a log holds. */
export interface LogStats {
	/** Events that can be replayed. */
	readonly events: number;
	/** What is held in memory, in bytes: their own, about what it needs to hold them, and what is known of others. */
	readonly bytes: number;
}

export interface EventLog {
	/** That of the newest event that was delivered here. */
	readonly position: Position;

	/** Deliver whatever is appended from now on. Called once, before all else. */
	tail(deliver: Deliver): void;

	/**
	 * @returns its position, once the log has it; for an idempotency key that it knows, that of the first time, with the first's
	 * own id. A log that answers at once has delivered it, or will after the one it is delivering.
	 * @throws (or rejects) `ERR_SSE_SERVICE_CLOSED` after `close`
	 */
	append(entry: LogEntry): Appended | Promise<Appended>;

	/**
	 * What is after one position, up to another, for a reader: the next page of it, empty at the end. It fails
	 * rather than leave out what the reader should have had; what has expired by its own `ttlMs`, or was replaced
	 * by a newer one of its key, is not that.
	 */
	readAfter(
		after: Position,
		upTo: Position,
		reader: LogReader,
	): Page | ReadFailure | Promise<Page | ReadFailure>;

	/** The newest event of each key in those of the reader's groups that keep these, in the order of the log. */
	readLatest(reader: LogReader): readonly LogRecord[] | Promise<readonly LogRecord[]>;

	/** Whether a group keeps the newest event of each key for whoever comes to it. */
	keepsLatest(group: string): boolean;

	stats(): LogStats;

	/** Give up what it holds. What it was given by the application stays open. */
	close(): void | Promise<void>;
}

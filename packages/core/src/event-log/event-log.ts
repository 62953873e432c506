/**
 * The event log: what was sent to groups, to clients and to everyone, in one order. Every process, the sender's
 * included, delivers from its tail, and a client that comes back reads on from where it was.
 */

import type { HistoryOptions } from "../types/history.js";
import type { LogHealth } from "../types/stats.js";
import type { Position } from "../wire/cursor.js";
import type { Command } from "./command.js";
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
	/** Events may have been left out of this page, or of an earlier one, because newer ones, up to where this was asked for, replace them. */
	readonly isConflated?: boolean | undefined;
}

/**
 * Why there is no reading on from a position.
 * - `expired`: an event after it was for this reader and is not kept any more.
 * - `epoch`: the log has begun anew since.
 * - `diverged`: this log has no such position.
 */
export type ReadFailure = "expired" | "epoch" | "diverged";

/** What a log holds. */
export interface LogStats {
	/** Events that can be replayed. */
	readonly events: number;
	/** What is held in memory, in bytes: their own, about what it needs to hold them, and what is known of others. */
	readonly bytes: number;
}

/** Whom a log delivers to: the history of a service. What these throw is their mistake. */
export interface LogHost {
	/** How much is kept in memory, as the option `history` says it. */
	readonly history: true | HistoryOptions;
	/** How long appending may take, in milliseconds. 0: without limit. */
	readonly appendTimeoutMs: number;
	/** Called for every event of the log, in its order, once. `entry`: as it was appended, where this process did that. */
	deliver(record: LogRecord, entry: LogEntry | undefined): void;
	/** What comes from now on does not go on from where this was: some is lost, or the log is another. Its position is the new one. */
	onBreak(from: Position): void;
	/** Another process tells this one to do something, in the order of the log. */
	obey(command: Command): void;
	/** Why the log is away, once for each outage, and what an operator should know. */
	onError(error: unknown): void;
}

/** What a log has that several processes share. */
export interface SharedLog {
	/** How long it may take until what another process has appended is delivered here, in milliseconds. */
	readonly maxLagMs: number;
	/** Have every other process do something. @returns settled as `append` is */
	tell(command: Command): Promise<unknown>;
	health(): LogHealth;
	/** Resolves when the log that is followed has been seen to be the one that there is, or after `maxLagMs`. */
	current(): Promise<void>;
	/** Put up a small text under a name, for `ttlMs` milliseconds, in the place of the one before. */
	post(name: string, text: string, ttlMs: number): Promise<void>;
	/** All that is up now, by name. */
	posted(): Promise<ReadonlyMap<string, string>>;
}

export interface EventLog {
	/** That of the newest event that was delivered here; `undefined` until it is open. */
	readonly position: Position | undefined;

	/** For a log that other processes append to as well. */
	readonly shared?: SharedLog | undefined;

	/**
	 * Deliver whatever is appended from now on. Called once, before all else.
	 *
	 * @returns the position that it begins from, at once or when it has been found; until what waits for that promise has
	 * run, nothing is delivered
	 * @throws `ERR_SSE_INVALID_OPTION`
	 */
	open(host: LogHost): Position | Promise<Position>;

	/**
	 * @returns its position, once the log has it; for an idempotency key that it knows, that of the first time, with the first's
	 * own id. A log that answers at once has delivered it, or will after the one it is delivering.
	 * @throws (or rejects) `ERR_SSE_SERVICE_CLOSED` after `close`; a shared one `ERR_SSE_TIMEOUT`, `ERR_SSE_LOG_BUSY`, `ERR_SSE_LOG_FAILED`
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

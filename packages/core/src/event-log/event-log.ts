/**
 * The event log: everything sent to groups, clients and everyone, in one order. Every process, the sender included,
 * delivers from its tail, and a reconnecting client reads on from its position.
 */

import type { HistoryOptions } from "../types/history.js";
import type { LogHealth } from "../types/stats.js";
import type { Position } from "../wire/cursor.js";
import type { Command } from "./command.js";
import type { LogEntry, LogRecord } from "./record.js";

/** A reader: reads events for this client, for one of these groups, or for everyone. */
export interface LogReader {
	readonly clientId: string;
	readonly groups: readonly string[];
	/** Groups of which it reads only events for the client within them; it receives their newest events by `readLatest`. */
	readonly ownGroups?: readonly string[];
	/** It waits for an engine no longer than until this aborts. Only a wait asks for the signal. */
	readonly owner?: { readonly signal: AbortSignal };
	/**
	 * It begins with what this process keeps, whatever was before: a read fails only if it lacks what the first read with this array
	 * found. By topic, the sequence up to which that read found it trimmed. A log that reads on from an engine removes it.
	 */
	forgone?: number[] | undefined;
	/** By topic, the newest record that the first read with this array knew of, kept or lost. What is newer reaches the reader live. */
	newest?: number[] | undefined;
	/** How many texts may still be read from an engine for it. The log counts down; at 0 what follows counts as `expired`. */
	readonly allowance?: { left: number };
}

/** The position of an event in the log, and its id. */
export interface Appended extends Position {
	/** The application's own id, which is part of the event's id. */
	readonly ownId?: string | undefined;
}

/** A part of the events that a reader missed. */
export interface Page {
	/** In the order of the log. */
	readonly records: readonly LogRecord[];
	/** The reader has everything up to here. */
	readonly upTo: Position;
	/** Events may have been left out of this page, or of an earlier one, because newer ones, up to where this was asked for, replace them. */
	readonly isConflated?: boolean | undefined;
}

/**
 * Why a reader cannot continue from a position.
 * - `expired`: an event after it was for this reader and is no longer kept.
 * - `epoch`: the log was recreated since then.
 * - `diverged`: this log has no such position.
 */
export type ReadFailure = "expired" | "epoch" | "diverged";

/** What a log holds in memory. */
export interface LogStats {
	/** Events that can be replayed from memory. */
	readonly events: number;
	/** Bytes in memory, including an estimate of the overhead. */
	readonly bytes: number;
}

/** Delivers an event to the connections of this process. Must not throw. */
export type Deliver = (record: LogRecord) => void;

/** The receiver of a log: the history of a service. Its methods must not throw. */
export interface LogHost {
	/** How much to keep in memory: the option `history`. */
	readonly history: true | HistoryOptions;
	/** How long appending may take, in ms. 0: no limit. */
	readonly appendTimeoutMs: number;
	/** Called once for every event of the log, in order, unless its `append` brought a delivery of its own. */
	deliver: Deliver;
	/** Called when the events from now on do not continue from `from`: some are lost, or the log is another one. The log's `position` is the new one. */
	onBreak(from: Position): void;
	/**
	 * Called with a command of another process, in the order of the log. Commands of this process that follow it in the log, and
	 * change the same, come again after it: otherwise the older one would undo them here, and nowhere else.
	 *
	 * @param at where the log has the command of the other process: connections that are past it are not concerned
	 * @param overruledBy those commands of this process that change all that this one changes. A connection that has opened since
	 * one of them was given is not concerned either
	 */
	obey(command: Command, at: Position, overruledBy: readonly Command[]): void;
	/** Called with the reason of an outage, once per outage, and with warnings for the operator. */
	onError(error: unknown): void;
	/** Called when an outage of a shared log begins, with its reason, and with `undefined` when it is over. */
	onOutage?(error: unknown): void;
}

/** The part of a log that only logs of several processes have. */
export interface SharedLog {
	/** How long it may take until an event appended by another process is delivered here, in ms. */
	readonly maxLagMs: number;
	/** Sends a command to every other process. @returns a promise that settles like that of `append` */
	tell(command: Command): Promise<unknown>;
	health(): LogHealth;
	/** The clock that dates the records, in ms since the epoch, as far as it is known here: never ahead of it. */
	now?(): number;
	/** Whether a position was delivered here. What is too old to be remembered counts as delivered. */
	had?(position: Position): boolean;
	/** Resolves when the followed log is proven to be current, or after `maxLagMs`. */
	current(): Promise<void>;
	/** Stores a small text under a name for `ttlMs` milliseconds, replacing the one before. */
	post(name: string, text: string, ttlMs: number): Promise<void>;
	/** Returns all texts of `post` that have not expired, by name. */
	posted(): Promise<ReadonlyMap<string, string>>;
}

/** Where a service keeps its events: in memory, or shared with other processes. */
export interface EventLog {
	/** The position of the newest event delivered here; `undefined` until the log is open. */
	readonly position: Position | undefined;

	/** Set if other processes append to the log as well. */
	readonly shared?: SharedLog | undefined;

	/**
	 * Starts to deliver events to the host. Called once, before everything else.
	 *
	 * @returns the position that it starts from; if that is a promise, nothing is delivered until its handlers have run
	 * @throws `ERR_SSE_INVALID_OPTION`
	 */
	open(host: LogHost): Position | Promise<Position>;

	/**
	 * Appends an event.
	 *
	 * @param deliver called when it is the event's turn, in place of the host's `deliver`; never if the event is lost
	 * @returns its position, once the log has stored it; for a known idempotency key, the position and own id of the first event.
	 * A log that returns synchronously has delivered the event, or will after the one that it is delivering
	 * @throws (or rejects) `ERR_SSE_SERVICE_CLOSED` after `close`; a shared one `ERR_SSE_TIMEOUT`, `ERR_SSE_LOG_BUSY`, `ERR_SSE_LOG_FAILED`
	 */
	append(entry: LogEntry, deliver?: Deliver): Appended | Promise<Appended>;

	/**
	 * Reads the next page of events after one position, up to another, for a reader; it is empty at the end. Fails rather than
	 * skip an event that the reader should have received. Events past their `ttlMs`, or replaced by a newer one of their key, do
	 * not count.
	 *
	 * @param after `undefined`: reads everything that this process keeps, whatever was before
	 */
	readAfter(
		after: Position | undefined,
		upTo: Position,
		reader: LogReader,
	): Page | ReadFailure | Promise<Page | ReadFailure>;

	/** Returns the newest event of each key in those of the reader's groups that keep them, in the order of the log. */
	readLatest(reader: LogReader): readonly LogRecord[] | Promise<readonly LogRecord[]>;

	/** Whether a group has `latest: true`, by its name or a pattern: it keeps the newest event of each key for connections that enter it. */
	keepsLatest(group: string): boolean;

	stats(): LogStats;

	/** Releases what the log holds. What the application passed in stays open. */
	close(): void | Promise<void>;
}

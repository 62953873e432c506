/**
 * The start of a replay: the connection's turn, in which the application puts it in groups, and the wait for the log. The
 * replay leads to where the log was when the connection came; what it was sent since then waits behind it.
 */
import {
	type Goal,
	type Replayed,
	type Starting,
	type Steps,
	settled,
} from "../connection/feed.js";
import type { EventLog, LogReader, Page, ReadFailure } from "../event-log/event-log.js";
import type { LogRecord } from "../event-log/record.js";
import { isBehind, type Position } from "../wire/cursor.js";
import type { Frame } from "../wire/frame.js";
import { isKept, keepersOf, readerOf, relyOn } from "./missed.js";
import type { Origin } from "./origin.js";

export class ReplayStart implements Starting {
	/** Set when its turn is over, and it waits for the log: its client did not have the groups that it comes to then. */
	isLate = false;
	readonly #log: EventLog;
	readonly #connection: Replayed;
	readonly #origin: Origin | undefined;
	/** Where the log was when the connection last came to a group. */
	#joinedAt: Position | undefined;
	/** It has then come to groups that keep their newest events. */
	#isOwed = false;
	/** Where the log was when events of the connection alone were sent. Held weakly: the backlog may drop them. */
	readonly #sentAt = new WeakMap<Frame, number>();

	constructor(log: EventLog, connection: Replayed, origin: Origin | undefined) {
		this.#log = log;
		this.#connection = connection;
		this.#origin = origin;
	}

	isKept(): boolean {
		return isKept(this.#log, this.#connection, this.#origin?.cursor);
	}

	onSent(frame: Frame): void {
		this.#sentAt.set(frame, this.#log.position?.sequence ?? 0);
	}

	onJoined(groups: readonly string[]): void {
		this.#joinedAt = this.#log.position;
		this.#isOwed ||= this.isLate && keepersOf(this.#log, groups).length > 0;
	}

	/**
	 * Puts what groups were sent after the goal, and before the connection came to them, in its place among what waits.
	 *
	 * @returns false if some of it is no longer kept, or more waits than may
	 */
	*complete(goal: Goal): Steps<boolean> {
		const from = goal.upTo;
		let upTo: Position | undefined;
		do {
			upTo = this.#joinedAt;
			// Its client's id says nothing of the state of a group that it has come to only now.
			goal.isPartial ||= this.#isOwed;
			if (upTo === undefined || !isBehind(from, upTo)) continue;
			// After a break the replay supplies all of it.
			if (!(yield* this.#insert(goal, upTo))) return goal.upTo !== from;
		} while (upTo !== this.#joinedAt);
		return true;
	}

	/** Does that for what was sent up to a position. @returns false after a break, too */
	*#insert(goal: Goal, upTo: Position): Steps<boolean> {
		const log = this.#log;
		const connection = this.#connection;
		const { upTo: from, isPartial } = goal;
		const { cursor } = this.#origin ?? {};
		const isOwed = isPartial || !this.#origin || cursor?.isPartial === true;
		const reader: LogReader = {
			...readerOf(log, connection, [...connection.memberships], isOwed),
			forgone: cursor && !cursor.position ? [] : undefined,
		};
		// What came after that was sent to the connection, or is about to be.
		const isMissing = ({ position }: LogRecord): boolean =>
			isBehind(from, position) && !isBehind(upTo, position);
		// After a break, what was read may be of a log that is lost.
		const insert = (records: readonly LogRecord[]): boolean =>
			goal.upTo === from && connection.insert(records.filter(isMissing), this.#sentAt);
		let at = from;
		do {
			const page: Page | ReadFailure = yield* settled(log.readAfter(at, upTo, reader));
			if (typeof page === "string" || !insert(page.records)) return false;
			if (page.isConflated) relyOn(log, connection, upTo);
			at = page.upTo;
		} while (isBehind(at, upTo));
		const groups = reader.ownGroups ?? [];
		const records = yield* settled(log.readLatest({ ...reader, groups }));
		return insert(records);
	}
}

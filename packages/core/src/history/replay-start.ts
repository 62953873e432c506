/**
 * The start of a replay: the connection's turn, in which the application puts it in groups, and the wait for the log. The
 * replay leads to where the log was when the connection came; what it was sent since then waits behind it.
 */
import type { Goal, Replayed, Starting, Steps } from "../connection/feed.js";
import type { EventLog } from "../event-log/event-log.js";
import { isBehind, type Position } from "../wire/cursor.js";
import type { Frame } from "../wire/frame.js";
import { insertMissed, isKept, keepersOf } from "./missed.js";
import type { Origin } from "./origin.js";

export class ReplayStart implements Starting {
	readonly #log: EventLog;
	readonly #connection: Replayed;
	readonly #origin: Origin | undefined;
	/** Where the log was when the connection last came to a group. */
	#joinedAt: Position | undefined;
	/** Its turn is over, and it waits for the log: its client did not have the groups that it comes to now. */
	#isLate = false;
	/** It has then come to groups that keep their newest events. */
	#isOwed = false;
	/** Where the log was when events of the connection alone were sent. Held weakly: the backlog may drop them. */
	#sentAt: WeakMap<Frame, number> | undefined;

	constructor(log: EventLog, connection: Replayed, origin: Origin | undefined) {
		this.#log = log;
		this.#connection = connection;
		this.#origin = origin;
	}

	isKept(): boolean {
		return isKept(this.#log, this.#connection, this.#origin?.cursor);
	}

	onSent(frame: Frame): void {
		this.#sentAt ??= new WeakMap();
		this.#sentAt.set(frame, this.#log.position?.sequence ?? 0);
	}

	onJoined(groups: readonly string[]): void {
		this.#joinedAt = this.#log.position;
		if (this.#isLate && keepersOf(this.#log, groups).length > 0) this.#isOwed = true;
	}

	/** Call when its turn is over. */
	endTurn(): void {
		this.#isLate = true;
	}

	/**
	 * Puts what groups were sent after the goal, and before the connection came to them, in its place among what waits.
	 *
	 * @returns false if some of it is no longer kept
	 */
	*complete(goal: Goal): Steps<boolean> {
		const origin = this.#origin;
		const from = goal.upTo;
		let upTo: Position | undefined;
		do {
			upTo = this.#joinedAt;
			// Its client's id says nothing of the state of a group that it has come to only now.
			if (this.#isOwed) goal.isPartial = true;
			if (upTo === undefined || !isBehind(from, upTo)) continue;
			const isOwed =
				origin === undefined ||
				goal.isPartial ||
				(typeof origin.cursor === "object" && origin.cursor.isPartial);
			const waiting = { from, upTo, isOwed, sentAt: this.#sentAt };
			const isKept = yield* insertMissed(this.#log, this.#connection, waiting);
			// After a break the replay supplies all of it.
			if (goal.upTo !== from) return true;
			if (!isKept) return false;
		} while (upTo !== this.#joinedAt);
		return true;
	}
}

/**
 * The catch-up: what connections receive before live events: the events that they missed, or the newest state of their groups.
 */

import type { Connection } from "../connection/connection.js";
import { type FeedSource, type Goal, settled } from "../connection/feed.js";
import { isPromiseLike } from "../connection/iterators.js";
import type { EventLog } from "../event-log/event-log.js";
import { type Position, parseCursor } from "../wire/cursor.js";
import { AheadOfLog } from "./ahead-of-log.js";
import { keepersOf } from "./missed.js";
import { type Origin, originAt } from "./origin.js";
import { introduce, type ReplayHost, replay } from "./replay.js";
import { ReplayStart } from "./replay-start.js";

export class CatchUp {
	readonly ahead = new AheadOfLog<Connection>();
	readonly #host: ReplayHost<Connection>;
	/** The position where the log began in this process. */
	readonly #begun: Position | Promise<Position>;

	constructor(
		host: Omit<ReplayHost<Connection>, "comeUp" | "retarget">,
		begun: Position | Promise<Position>,
	) {
		this.#host = {
			...host,
			comeUp: this.#comeUp,
			retarget: this.#retarget,
		};
		this.#begun = begun;
	}

	/**
	 * Replays to a newly registered connection what it missed.
	 *
	 * @param upTo later events reach it live; `undefined` before the log is open
	 * @param since where the application lets clients without a last event ID begin
	 */
	welcome(connection: Connection, upTo: Position | undefined, since?: string): void {
		const origin = originOf(this.#host.log, connection.lastEventId, since);
		if (origin !== undefined || upTo === undefined) {
			const starting = new ReplayStart(this.#host.log, connection, origin);
			connection.starting = starting;
			const from = upTo && this.#comeUp(connection, origin, upTo);
			// The log may break before the feed begins.
			if (from && !isPromiseLike(from)) this.#aim(connection, from);
			connection.feed(this.#start(connection, starting, origin, from));
		} else if (!this.#introduce(connection, connection.groups, upTo, undefined)) {
			// Joins the headers in one packet: Node sends them at the end of this tick.
			connection.beat(this.#host.notices.arrival(upTo));
		}
	}

	/** A connection has just come to groups. */
	onJoined(connection: Connection, groups: readonly string[]): void {
		const { position } = this.#host.log;
		const { starting } = connection;
		// Its groups are read when its replay starts.
		if (starting !== undefined) starting.onJoined(groups);
		else if (position !== undefined) this.#introduce(connection, groups, position, position);
	}

	/** Treats these connections as if they had left and reconnected: all of them missed what lies between. */
	onBreak(from: Position, connections: readonly Connection[]): void {
		const upTo = this.#host.log.position ?? from;
		const ahead = this.ahead.onBreak(upTo);
		const origin = originAt(from);
		for (const connection of connections) {
			if (ahead.has(connection)) continue;
			const goal = connection.goals.find(isAhead);
			// Its client has nothing yet of what came since, and is given that of the log that there is now.
			if (goal !== undefined) this.#retarget(connection, goal);
			else connection.feed(replay(this.#host, connection, origin, this.#aim(connection, upTo)));
		}
	}

	/**
	 * Begins at the next flush, so that the replay includes groups joined until then, and all that was sent to them. It reads what
	 * is kept then: under load that can be some ticks later.
	 */
	*#start(
		connection: Connection,
		starting: ReplayStart,
		origin: Origin | undefined,
		from: Position | Promise<Position> | undefined,
	): FeedSource {
		starting.isLate = true;
		const start = from ?? this.#comeUp(connection, origin, yield* settled(this.#begun));
		const upTo = isPromiseLike(start) ? yield* settled(start) : start;
		const goal = connection.goals.find(isAhead) ?? this.#aim(connection, upTo);
		const isComplete = yield* starting.complete(goal);
		connection.starting = undefined;
		let begin = origin;
		if (begin) begin.until = upTo;
		if (!isComplete) {
			// The replay supplies it at the pace of its client, or a gap in its place.
			begin ??= originAt(goal.upTo, true);
			this.#retarget(connection, goal);
		}
		if (begin !== undefined) return yield* replay(this.#host, connection, begin, goal);
		const groups = keepersOf(this.#host.log, connection.groups);
		if (groups.length > 0)
			return yield* introduce(this.#host, connection, { groups, at: undefined }, goal);
		goal.isAhead = false;
		yield [this.#host.notices.arrival(goal.upTo)];
	}

	readonly #retarget = (connection: Connection, goal: Goal): void => {
		goal.upTo = this.#host.log.position ?? goal.upTo;
		goal.isMoved = true;
		if (connection.dropBehindFeed()) goal.isPartial = true;
		// Those of the dropped feeds are never reached.
		connection.goals = [goal];
	};

	/** Call for each feed that is added. */
	#aim(connection: Connection, upTo: Position): Goal {
		const goal = { upTo, isMoved: false, isPartial: false, isAhead: true };
		connection.goals = [...connection.goals.filter(isAhead), goal];
		return goal;
	}

	/** Waits for the log if the client is ahead of it. @returns the position after which events are live */
	readonly #comeUp = (
		connection: Connection,
		origin: Origin | undefined,
		at: Position,
	): Position | Promise<Position> => {
		const position = origin && lastOf(origin);
		const { log } = this.#host;
		if (position === undefined || log.shared === undefined) return at;
		// A position of another log may belong to a log that replaced this one and that this process has not found yet.
		if (position.epoch === at.epoch && position.sequence <= at.sequence) return at;
		return this.ahead.wait(connection, position, log, log.shared);
	};

	/** Sends a connection, which is at `at`, the newest events of the groups that keep them. @returns whether any of them does */
	#introduce(
		connection: Connection,
		joined: readonly string[],
		upTo: Position,
		at: Position | undefined,
	): boolean {
		const groups = keepersOf(this.#host.log, joined);
		if (groups.length === 0) return false;
		connection.feed(introduce(this.#host, connection, { groups, at }, this.#aim(connection, upTo)));
		return true;
	}
}

/** Whether the feed that leads there has not ended. */
function isAhead(goal: Goal): boolean {
	return goal.isAhead;
}

/** Where a client begins; `undefined`: with new events only. */
function originOf(
	{ shared }: EventLog,
	lastEventId: string | undefined,
	since: string | undefined,
): Origin | undefined {
	// The client's own id takes precedence, because every reconnect repeats the same `since`.
	const named = lastEventId || since === "now" ? undefined : since;
	if (named === "start") return { id: "", cursor: {} };
	const id = named ?? lastEventId;
	if (id === undefined) return undefined;
	const origin = { id, cursor: parseCursor(id) };
	const last = lastOf(origin);
	// The log may break before it is read.
	return { ...origin, isProven: last !== undefined && shared?.had?.(last) === true };
}

function lastOf({ cursor }: Origin): Position | undefined {
	return cursor?.reliesOn ?? cursor?.position;
}

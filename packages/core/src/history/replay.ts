/**
 * A replay: the events that a connection missed since its client's last event ID, or a gap event if they are no longer
 * kept. It feeds a connection that opens, and ends where the live events begin.
 */

import { type Goal, type Replayed, type Steps, settled } from "../connection/feed.js";
import { encodeCursor, type Position } from "../wire/cursor.js";
import { keepersOf, latest, type MissedHost, missed } from "./missed.js";
import { idOf, type Origin, originAt } from "./origin.js";
import { type RecoveryHost, recovered } from "./recovery.js";

/** What a replay needs from the service. */
export interface ReplayHost<Connection extends Replayed>
	extends RecoveryHost<Connection>,
		MissedHost<Connection> {
	/** Waits for the log if a client is ahead of `upTo`. @returns the position after which events are live */
	comeUp(connection: Connection, origin: Origin, upTo: Position): Position | Promise<Position>;
}

/** Yields what was sent since the client's last event ID, up to where the live events begin. */
export function* replay<C extends Replayed>(
	host: ReplayHost<C>,
	connection: C,
	origin: Origin,
	goal: Goal,
): Steps {
	// The goal may move meanwhile.
	for (let from = origin; goal.isAhead; ) {
		from = yield* pass(host, connection, from, goal);
		const { cursor } = from;
		goal.isAhead = cursor?.position !== goal.upTo || cursor.isPartial === true;
	}
}

/** For a connection that has just joined groups that keep their newest events. `at`: where it was, if it was anywhere. */
export function* introduce<C extends Replayed>(
	host: ReplayHost<C>,
	connection: C,
	{ groups, at }: { readonly groups: readonly string[]; readonly at: Position | undefined },
	goal: Goal,
): Steps {
	const { upTo } = goal;
	if (at !== undefined && at !== upTo)
		return yield* replay(host, connection, originAt(at, true), goal);
	goal.isPartial = false;
	yield [host.notices.id(upTo, "partial")];
	yield* latest(host, connection, groups, goal);
	if (upTo === goal.upTo) yield [host.notices.arrival(upTo)];
	goal.isAhead = upTo !== goal.upTo;
	yield* replay(host, connection, originAt(upTo, true), goal);
}

/** Goes as far as the goal is now. @returns where the client is then */
function* pass<C extends Replayed>(
	host: ReplayHost<C>,
	connection: C,
	origin: Origin,
	goal: Goal,
): Steps<Origin> {
	const { cursor, isProven } = origin;
	if (goal.isMoved && !isProven) {
		const upTo = yield* settled(host.comeUp(connection, origin, goal.upTo));
		if (upTo !== goal.upTo) host.retarget(connection, goal);
	}
	goal.isMoved = false;
	const { upTo, isPartial } = goal;
	goal.isPartial = false;
	const groups = [...connection.memberships];
	const isOwed = isPartial || cursor?.isPartial === true;
	const reading = cursor && { ...origin, groups, cursor, isOwed };
	const given = reading && (yield* missed(host, connection, reading, goal));
	const reached = given?.at;
	const hasMore = reached !== undefined && reached !== cursor?.position;
	if (given?.failure === "broken") {
		if (hasMore) return originAt(reached, isOwed, given.relied);
		goal.isPartial ||= isPartial;
		return origin;
	}
	if (given && given.failure === undefined) {
		connection.onResumed("replayed");
		if (isOwed || (given.lastSent?.sequence ?? -1) < upTo.sequence)
			yield [host.notices.arrival(upTo)];
		return originAt(upTo);
	}
	const failure = given?.failure ?? "invalid";
	connection.onResuming(false);
	const lastId = hasMore ? encodeCursor(reached) : idOf(origin);
	const isRecovered = yield* recovered(host, connection, failure, lastId);
	connection.onResuming(isRecovered);
	connection.onResumed(isRecovered ? "recovered" : failure);
	const kept = keepersOf(host.log, groups);
	const state = kept.length > 0 ? "partial" : undefined;
	// What was recovered need not have what came after the goal was set, and a gap covers all.
	const at = isRecovered ? upTo : goal.upTo;
	yield [isRecovered ? host.notices.landing(at, state) : host.notices.gap(failure, at, state)];
	if (kept.length === 0) return originAt(at);
	if (at === goal.upTo) yield* latest(host, connection, kept, goal);
	if (at !== goal.upTo) return originAt(at, true);
	yield [host.notices.arrival(at)];
	return originAt(at);
}

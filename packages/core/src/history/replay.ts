/**
 * A replay: the events that a connection missed since its client's last event ID, or a gap event if they are no longer
 * kept. It feeds a connection that opens, and ends where the live events begin.
 */

import { type Replayed, type Steps, settled } from "../connection/feed.js";
import type { EventLog, ReadFailure } from "../event-log/event-log.js";
import type { LogRecord } from "../event-log/record.js";
import { type Cursor, encodeCursor, isBehind, type Position } from "../wire/cursor.js";
import { type Goal, idOf, type Origin, originAt } from "./goal.js";
import type { Notices } from "./notices.js";
import { type RecoveryHost, recovered } from "./recovery.js";

/** What a replay needs from the service. */
export interface ReplayHost<Connection extends Replayed> extends RecoveryHost<Connection> {
	readonly log: EventLog;
	readonly notices: Notices;
	/** How many texts are read from an engine for one client. */
	readonly maxCatchUpEvents: number;
	/** Waits for the log if a client is ahead of `upTo`. @returns the position after which events are live */
	comeUp(connection: Connection, origin: Origin, upTo: Position): Position | Promise<Position>;
	/** Moves the goal of a connection's first feed to where the log is now: that feed supplies what was sent to it meanwhile. */
	retarget(connection: Connection, goal: Goal): void;
}

/** Yields what was sent since the client's last event ID, up to where the live events begin. */
export function* replay<C extends Replayed>(
	host: ReplayHost<C>,
	connection: C,
	origin: Origin,
	goal: Goal,
): Steps {
	// Each break of the log moves the goal.
	for (let from = origin; goal.isAhead; ) {
		from = yield* pass(host, connection, from, goal);
		const { cursor } = from;
		goal.isAhead = !(
			typeof cursor === "object" &&
			cursor.position === goal.upTo &&
			!cursor.isPartial
		);
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
	yield host.notices.id(upTo, "partial");
	yield* latest(host, connection, groups, upTo);
	if (upTo === goal.upTo) yield host.notices.arrival(upTo);
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
	const from: Partial<Cursor> | undefined = cursor === "start" ? {} : cursor;
	const isOwed = isPartial || from?.isPartial === true;
	const given = from && (yield* missed(host, connection, { groups, from, isOwed, isProven }, goal));
	const reached = given?.at;
	const hasMore = reached !== undefined && reached !== from?.position;
	if (given?.failure === "broken") {
		if (hasMore) return originAt(reached, isOwed, given.relied);
		goal.isPartial ||= isPartial;
		return origin;
	}
	if (given && given.failure === undefined) {
		connection.onResumed("replayed");
		const isBehind = given.lastSent === undefined || given.lastSent.sequence < upTo.sequence;
		if (isBehind || isOwed) yield host.notices.arrival(upTo);
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
	yield isRecovered ? host.notices.landing(at, state) : host.notices.gap(failure, at, state);
	if (kept.length === 0) return originAt(at);
	if (at === goal.upTo) yield* latest(host, connection, kept, at);
	if (at !== goal.upTo) return originAt(at, true);
	yield host.notices.arrival(at);
	return originAt(at);
}

/** The newest events of groups, for a connection that has just joined them. Without ids, which would move the client back. */
function* latest<C extends Replayed>(
	{ log }: ReplayHost<C>,
	connection: C,
	groups: readonly string[],
	upTo: Position,
): Steps {
	const reader = { clientId: connection.clientId, groups };
	const records = yield* settled(log.readLatest(reader));
	for (const record of records) {
		// A later event reaches the connection live.
		const isLive = record.position.sequence > upTo.sequence;
		if (isLive || record.isReplaced) relyOn(log, connection, log.position);
		else if (isStillFor(connection, record)) yield record.bare;
	}
}

/** What is read, from where. */
interface Reading {
	readonly groups: readonly string[];
	/** Without a position: the oldest event that is kept. */
	readonly from: Partial<Cursor>;
	/** See `Origin`. */
	readonly isProven: boolean | undefined;
	/** The client has yet to receive all of the newest state of its groups. */
	readonly isOwed: boolean;
}

interface Missed {
	/** The client has received everything up to here. */
	readonly at: Position | undefined;
	/** The last id it was sent. */
	readonly lastSent: Position | undefined;
	/** A later position, without which it has not. */
	readonly relied: Position | undefined;
	/** Why the replay cannot continue, if it cannot. `"broken"`: the log broke, so the goal is another one. */
	readonly failure?: ReadFailure | "broken";
}

/** Yields what was sent since a cursor, or everything that is kept. */
function* missed<C extends Replayed>(
	host: ReplayHost<C>,
	connection: C,
	{ groups, from, isOwed, isProven }: Reading,
	goal: Goal,
): Steps<Missed> {
	const { log } = host;
	const { upTo } = goal;
	const { position, reliesOn } = from;
	const ownGroups = isOwed ? keepersOf(log, groups) : [];
	const reader = {
		clientId: connection.clientId,
		groups: groups.filter((group) => !ownGroups.includes(group)),
		ownGroups,
		allowance: { left: host.maxCatchUpEvents },
	};
	let at = position;
	let lastSent = position;
	let relied = reliesOn;
	const last = relied ?? at ?? upTo;
	if (isBehind(upTo, last)) {
		// Lost events can be stored again unchanged. What waits behind this replay would then be what its client already has.
		// Otherwise the log has been waited for.
		if (isProven) yield* settled(log.shared?.current());
		if (isProven && log.shared?.had?.(last)) host.retarget(connection, goal);
		return { at, lastSent, relied, failure: upTo === goal.upTo ? "diverged" : "broken" };
	}
	// It received only events that nothing up to there replaced, so the log must still have that later position.
	if (relied !== undefined) {
		const proof = yield* settled(log.readAfter(relied, upTo, { ...reader, groups: [] }));
		if (upTo !== goal.upTo) return { at, lastSent, relied, failure: "broken" };
		if (typeof proof === "string") return { at, lastSent, relied, failure: proof };
	}
	for (;;) {
		const page = yield* settled(log.readAfter(at, upTo, reader));
		if (upTo !== goal.upTo) return { at, lastSent, relied, failure: "broken" };
		if (typeof page === "string") return { at, lastSent, relied, failure: page };
		if (position !== undefined) connection.startAt(position);
		connection.onResuming(true);
		if (relied !== undefined || page.isConflated || ownGroups.length > 0) {
			relied = upTo;
			relyOn(log, connection, upTo);
		}
		// The state comes first: the id of each event below claims that the client already has it.
		if (at === position && isOwed) yield* latest(host, connection, ownGroups, upTo);
		for (const record of page.records) {
			if (record.isReplaced) {
				relied = log.position;
				relyOn(log, connection, relied);
			}
			if (!isStillFor(connection, record)) continue;
			yield record.frame;
			lastSent = record.position;
		}
		at = page.upTo;
		if (upTo !== goal.upTo) return { at, lastSent, relied, failure: "broken" };
		if (at.sequence >= upTo.sequence) return { at, lastSent, relied };
	}
}

/** Only a shared log can lose its newest events and still be followed. */
function relyOn({ shared }: EventLog, connection: Replayed, position: Position | undefined): void {
	if (shared !== undefined && position !== undefined) connection.relyOn(position);
}

/** False if the connection has left the group meanwhile, or a newer event with the same key will reach it later. */
function isStillFor({ memberships }: Replayed, { target, isReplaced }: LogRecord): boolean {
	return !isReplaced && (target.group === undefined || memberships.has(target.group));
}

/** Those of some groups that keep their newest events. */
export function keepersOf(log: EventLog, groups: readonly string[]): readonly string[] {
	return groups.filter((group) => log.keepsLatest(group));
}

/**
 * A replay: the events that a connection missed since its client's last event ID, or a gap event if they are no longer
 * kept. It feeds a connection that opens, and ends where the live events begin.
 */

import { type Replayed, type Steps, settled } from "../connection/feed.js";
import type { EventLog, ReadFailure } from "../event-log/event-log.js";
import type { LogRecord } from "../event-log/record.js";
import { type Cursor, encodeCursor, type Position } from "../wire/cursor.js";
import type { Notices } from "./notices.js";
import { type RecoveryHost, recovered } from "./recovery.js";

/** What a replay needs from the service. */
export interface ReplayHost<Connection extends Replayed> extends RecoveryHost<Connection> {
	readonly log: EventLog;
	readonly notices: Notices;
	/** How many texts are read from an engine for one client. */
	readonly maxCatchUpEvents: number;
}

/** The position at which a replay ends. Later events reach the connection live. */
export interface Goal {
	/** Replaced if the log breaks before the replay reaches it. */
	upTo: Position;
	/** True while the replay has not reached it and still can. */
	isAhead: boolean;
}

/** The position after which a client receives events. */
export interface Origin {
	/** As the client sent it. */
	readonly id: string;
	/** `undefined`: the id is not one of ours; `"start"`: from the oldest event that is kept. */
	readonly cursor: Cursor | "start" | undefined;
}

/** Yields what was sent since the client's last event ID, up to where the live events begin. */
export function* replay<C extends Replayed>(
	host: ReplayHost<C>,
	connection: C,
	{ id, cursor }: Origin,
	goal: Goal,
): Steps {
	const groups = [...connection.memberships];
	const from: Partial<Cursor> | undefined = cursor === "start" ? {} : cursor;
	const given = from && (yield* missed(host, connection, groups, from, goal));
	goal.isAhead = false;
	const { upTo } = goal;
	if (given !== undefined && given.failure === undefined) {
		connection.onResumed("replayed");
		const isBehind = given.lastSent === undefined || given.lastSent.sequence < upTo.sequence;
		if (isBehind || from?.isPartial) yield host.notices.arrival(upTo);
		return;
	}
	const failure = given?.failure ?? "invalid";
	connection.onResuming(false);
	const hasMore = given?.at !== undefined && given.at !== from?.position;
	const reached = hasMore ? encodeCursor(given.at) : id;
	const isRecovered = yield* recovered(host, connection, failure, reached);
	connection.onResuming(isRecovered);
	connection.onResumed(isRecovered ? "recovered" : failure);
	const kept = groups.filter((group) => host.log.keepsLatest(group));
	const state = kept.length > 0 ? "partial" : undefined;
	yield isRecovered ? host.notices.landing(upTo, state) : host.notices.gap(failure, upTo, state);
	if (kept.length === 0) return;
	yield* latest(host, connection, kept, upTo);
	yield host.notices.arrival(upTo);
}

/** For a connection that has just joined groups that keep their newest events. `upTo`: later events reach it live. */
export function* introduce<C extends Replayed>(
	host: ReplayHost<C>,
	connection: C,
	groups: readonly string[],
	upTo: Position,
): Steps {
	yield host.notices.id(upTo, "partial");
	yield* latest(host, connection, groups, upTo);
	yield host.notices.arrival(upTo);
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

interface Missed {
	/** The client has received everything up to here. */
	readonly at: Position | undefined;
	/** The last id it was sent. */
	readonly lastSent: Position | undefined;
	/** Why the replay cannot continue, if it cannot. */
	readonly failure?: ReadFailure;
}

/** Yields what was sent since a cursor, or everything that is kept. */
function* missed<C extends Replayed>(
	host: ReplayHost<C>,
	connection: C,
	groups: readonly string[],
	{ position, isPartial = false, reliesOn }: Partial<Cursor>,
	goal: Goal,
): Steps<Missed> {
	const { log } = host;
	const ownGroups = isPartial ? groups.filter((group) => log.keepsLatest(group)) : [];
	const reader = {
		clientId: connection.clientId,
		groups: groups.filter((group) => !ownGroups.includes(group)),
		ownGroups,
		allowance: { left: host.maxCatchUpEvents },
	};
	let at = position;
	let lastSent = position;
	let relied = reliesOn;
	let proven: Position | undefined;
	for (;;) {
		const { upTo } = goal;
		// It received only events that nothing up to there replaced, so the log must still have that later position.
		if (relied !== undefined && proven !== upTo) {
			const proof = yield* settled(log.readAfter(relied, upTo, { ...reader, groups: [] }));
			if (upTo !== goal.upTo) continue;
			if (typeof proof === "string") return { at, lastSent, failure: proof };
			proven = upTo;
		}
		const page = yield* settled(log.readAfter(at, upTo, reader));
		if (upTo !== goal.upTo) continue;
		if (typeof page === "string") return { at, lastSent, failure: page };
		if (position !== undefined) connection.startAt(position);
		connection.onResuming(true);
		if (relied !== undefined || page.isConflated || ownGroups.length > 0) {
			relied = upTo;
			proven = upTo;
			relyOn(log, connection, upTo);
		}
		// The state comes first: the id of each event below claims that the client already has it.
		if (at === position) yield* latest(host, connection, ownGroups, upTo);
		for (const record of page.records) {
			if (record.isReplaced) relyOn(log, connection, log.position);
			if (!isStillFor(connection, record)) continue;
			yield record.frame;
			lastSent = record.position;
		}
		at = page.upTo;
		if (upTo === goal.upTo && at.sequence >= upTo.sequence) return { at, lastSent };
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

/**
 * The events that a connection missed, and the newest events of its groups, as they are read from the log.
 */
import { type Goal, type Replayed, type Steps, settled } from "../connection/feed.js";
import { isPromiseLike } from "../connection/iterators.js";
import type { EventLog, ReadFailure } from "../event-log/event-log.js";
import type { LogRecord } from "../event-log/record.js";
import { type Cursor, isBehind, type Position } from "../wire/cursor.js";
import type { Frame } from "../wire/frame.js";
import type { Notices } from "./notices.js";
import type { Origin } from "./origin.js";

// Events are yielded together until they have this many bytes: one by one, each would cost a way through every generator here.
const YIELD_BYTES = 16 * 1024;

/** What reading needs from the service. */
export interface MissedHost<Connection extends Replayed> {
	readonly log: EventLog;
	readonly notices: Notices;
	/** How many texts are read from an engine for one client. */
	readonly maxCatchUpEvents: number;
	/** Moves the goal of a connection's first feed to where the log is now: that feed supplies what was sent to it meanwhile. */
	retarget(connection: Connection, goal: Goal): void;
}

/** Yields the newest events of groups, for a connection that has just joined them. Without ids, which would move the client back. */
export function* latest<C extends Replayed>(
	{ log }: MissedHost<C>,
	connection: C,
	groups: readonly string[],
	{ upTo }: Goal,
): Steps {
	const reader = { clientId: connection.clientId, groups };
	const records = yield* settled(log.readLatest(reader));
	for (const record of records) {
		// A later event reaches the connection live.
		const isLater = record.position.sequence > upTo.sequence;
		if (isLater || record.isReplaced) relyOn(log, connection, log.position);
		else if (isStillFor(connection, record)) yield [record.bare];
	}
}

/** What is read, from where. */
interface Reading extends Origin {
	readonly cursor: Partial<Cursor>;
	readonly groups: readonly string[];
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
export function* missed<C extends Replayed>(
	host: MissedHost<C>,
	connection: C,
	{ groups, cursor, isOwed, isProven, until }: Reading,
	goal: Goal,
): Steps<Missed> {
	const { log } = host;
	const { upTo } = goal;
	const { position, reliesOn } = cursor;
	const reader = {
		...readerOf(log, connection, groups, isOwed),
		allowance: { left: host.maxCatchUpEvents },
		forgone: position === undefined ? [] : undefined,
		newest: [],
	};
	const { ownGroups } = reader;
	let at = position;
	let lastSent = position;
	let relied = reliesOn;
	/** Up to there, what is no longer kept is left out. */
	let bound = !position && until && isBehind(until, upTo) ? until : upTo;
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
		const read = log.readAfter(at, bound, reader);
		const page = isPromiseLike(read) ? yield* settled(read) : read;
		if (upTo !== goal.upTo) return { at, lastSent, relied, failure: "broken" };
		if (typeof page === "string") return { at, lastSent, relied, failure: page };
		if (position !== undefined) connection.startAt(position);
		connection.onResuming(true);
		if (relied !== undefined || page.isConflated || ownGroups.length > 0) {
			relied = upTo;
			relyOn(log, connection, upTo);
		}
		// The state comes first: the id of each event below claims that the client already has it.
		if (at === position && isOwed) {
			// A client that leaves amid the state is owed it again.
			if (position !== undefined) yield [host.notices.id(position, "partial")];
			yield* latest(host, connection, ownGroups, goal);
		}
		let frames: Frame[] = [];
		let byteLength = 0;
		for (const record of page.records) {
			if (record.isReplaced) {
				relied = log.position;
				relyOn(log, connection, relied);
			}
			if (!isStillFor(connection, record)) continue;
			const { frame } = record;
			frames.push(frame);
			byteLength += frame.byteLength;
			lastSent = record.position;
			if (byteLength < YIELD_BYTES) continue;
			yield frames;
			frames = [];
			byteLength = 0;
		}
		yield frames;
		at = page.upTo;
		if (upTo !== goal.upTo) return { at, lastSent, relied, failure: "broken" };
		if (at.sequence >= upTo.sequence) return { at, lastSent, relied };
		if (at.sequence >= bound.sequence) {
			bound = upTo;
			reader.forgone = undefined;
		}
	}
}

/** Whether all that a connection missed since a cursor is at hand. */
export function isKept(
	log: EventLog,
	connection: Replayed,
	cursor: Partial<Cursor> | undefined,
): boolean {
	const upTo = log.position;
	if (cursor === undefined || upTo === undefined) return false;
	const { position, isPartial = false, reliesOn = position } = cursor;
	const reader = readerOf(log, connection, [...connection.memberships], isPartial);
	return [...new Set([position, reliesOn])].every((at) => {
		const page = log.readAfter(at, upTo, reader);
		// The replay reads it again, and deals with a failure.
		if (isPromiseLike(page)) return void page.then(undefined, () => {});
		return typeof page === "object";
	});
}

export function readerOf(
	log: EventLog,
	owner: Replayed,
	groups: readonly string[],
	isOwed: boolean,
) {
	const ownGroups = isOwed ? keepersOf(log, groups) : [];
	const others = groups.filter((group) => !ownGroups.includes(group));
	return { clientId: owner.clientId, groups: others, ownGroups, owner };
}

/** Only a shared log can lose its newest events and still be followed. */
export function relyOn(
	{ shared }: EventLog,
	connection: Replayed,
	position: Position | undefined,
): void {
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

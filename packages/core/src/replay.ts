/**
 * A replay: what a connection missed since its client's last event ID, or word that it cannot be had any more. It feeds a
 * connection that opens, and ends where that goes on live.
 */
import { type Position, parseCursor } from "./cursor.js";
import { within } from "./deadline.js";
import type { EventLog, ReadFailure } from "./event-log.js";
import type { Frame } from "./frame.js";
import type { NoticeState, Notices } from "./notices.js";
import type { RecoveredEvent, RecoverSource } from "./option-types.js";
import { closeIterator, iteratorOf } from "./pipe.js";
import type { LogRecord } from "./record.js";
import type { GapReason } from "./types.js";

/** How a client came back. */
export type ResumeOutcome = "replayed" | "recovered" | GapReason;

/** The connection that is fed. */
export interface Replayed {
	readonly clientId: string;
	readonly lastEventId: string | undefined;
	/** The names of the groups it is in now. */
	readonly memberships: ReadonlySet<string>;
	onResumed(outcome: ResumeOutcome): void;
}

/** What a replay asks of the service. */
export interface ReplayHost<Connection extends Replayed> {
	readonly log: EventLog;
	readonly notices: Notices;
	readonly recoverTimeoutMs: number;
	/** The application's own way to make up for a gap, if it has one. */
	recover(
		connection: Connection,
		reason: GapReason,
	): RecoverSource | Promise<RecoverSource> | undefined;
	/** @throws `ERR_SSE_INVALID_*` */
	encodeRecovered(event: RecoveredEvent): Frame;
	onRecoverError(error: unknown): void;
}

/** Frames, and promises that it is given the values of. */
type Steps<Result = void> = Generator<Frame | Promise<unknown>, Result, unknown>;

/** Started in the turn in which the connection is registered. `upTo`: what comes after it reaches the connection live. */
export function* replay<C extends Replayed>(
	host: ReplayHost<C>,
	connection: C,
	upTo: Position,
): Steps {
	const { log, notices } = host;
	const groups = [...connection.memberships];
	const state = groups.some((group) => log.keepsLatest(group)) ? "partial" : undefined;
	const { lastEventId } = connection;
	// An empty one is none: "if the last event ID string is not the empty string, then set the header".
	if (lastEventId === undefined || lastEventId === "") yield notices.id(upTo, state);
	else {
		const failure = yield* missed(host, connection, groups, lastEventId, upTo);
		if (failure === undefined) return;
		yield* gap(host, connection, failure, upTo, state);
	}
	if (state === undefined) return;
	yield* latest(host, connection, groups, upTo);
	yield notices.id(upTo);
}

/** For a connection that has just come to groups that keep their newest events. `position`: where it is then. */
export function* introduce<C extends Replayed>(
	host: ReplayHost<C>,
	connection: C,
	groups: readonly string[],
	position: () => Position,
): Steps {
	const upTo = position();
	yield host.notices.id(upTo, "partial");
	yield* latest(host, connection, groups, upTo);
	yield host.notices.id(upTo);
}

/** The newest events of groups that keep these, for one who has just come to them. Ids would lead back to where they were sent. */
function* latest<C extends Replayed>(
	{ log }: ReplayHost<C>,
	connection: C,
	groups: readonly string[],
	upTo: Position,
): Steps {
	const reader = { clientId: connection.clientId, groups };
	const records = yield* settled(log.readLatest(reader));
	for (const record of records) {
		// What was sent since reaches the connection live.
		const isLive = record.position.sequence > upTo.sequence;
		if (!isLive && isStillFor(connection, record)) yield record.bare;
	}
}

/** All that was sent since an id. @returns why it cannot be had, or nothing when that was all */
function* missed<C extends Replayed>(
	host: ReplayHost<C>,
	connection: C,
	groups: readonly string[],
	lastEventId: string,
	upTo: Position,
): Steps<ReadFailure | "invalid" | undefined> {
	const { log } = host;
	const cursor = parseCursor(lastEventId);
	if (cursor === undefined) return "invalid";
	const stateGroups = cursor.isPartial ? groups.filter((group) => log.keepsLatest(group)) : [];
	const reader = {
		clientId: connection.clientId,
		groups: groups.filter((group) => !stateGroups.includes(group)),
		ownGroups: stateGroups,
	};
	let after = cursor.position;
	let isAtStart = true;
	let isAtEnd = false;
	do {
		const page = yield* settled(log.readAfter(after, upTo, reader));
		if (typeof page === "string") return page;
		if (isAtStart) {
			connection.onResumed("replayed");
			// First, because each of the events below has an id that says the client has it.
			yield* latest(host, connection, stateGroups, upTo);
		}
		isAtStart = false;
		for (const record of page.records) {
			if (!isStillFor(connection, record)) continue;
			yield record.frame;
			after = record.position;
		}
		isAtEnd = page.upTo.sequence >= upTo.sequence;
		if (!isAtEnd) after = page.upTo;
	} while (!isAtEnd);
	if (after.sequence < upTo.sequence || cursor.isPartial) yield host.notices.id(upTo);
	return undefined;
}

/** What cannot be replayed: made up for by the application, or told. */
function* gap<C extends Replayed>(
	host: ReplayHost<C>,
	connection: C,
	reason: GapReason,
	upTo: Position,
	state: NoticeState,
): Steps {
	const isRecovered = yield* recovered(host, connection, reason);
	connection.onResumed(isRecovered ? "recovered" : reason);
	yield isRecovered ? host.notices.id(upTo, state) : host.notices.gap(reason, upTo, state);
}

/** @returns whether the application has given all that was missed */
function* recovered<C extends Replayed>(
	host: ReplayHost<C>,
	connection: C,
	reason: GapReason,
): Steps<boolean> {
	const { recoverTimeoutMs } = host;
	let iterator: ReturnType<typeof iteratorOf<RecoveredEvent>> | undefined;
	try {
		const source = host.recover(connection, reason);
		if (source === undefined) return false;
		iterator = iteratorOf(yield* settled(source, recoverTimeoutMs));
		for (;;) {
			const { done, value } = yield* settled(iterator.next(), recoverTimeoutMs);
			if (done === true) return true;
			yield host.encodeRecovered(value);
		}
	} catch (error) {
		host.onRecoverError(error);
		return false;
	} finally {
		if (iterator !== undefined)
			void closeIterator(iterator).catch((error) => host.onRecoverError(error));
	}
}

/** Meanwhile the connection may have left the group, or a newer event of its key have come, which reaches it later. */
function isStillFor({ memberships }: Replayed, { target, isReplaced }: LogRecord): boolean {
	return !isReplaced && (target.group === undefined || memberships.has(target.group));
}

function* settled<T>(value: T | PromiseLike<T>, timeoutMs?: number): Steps<T> {
	if (!isPromiseLike(value)) return value;
	const promise = Promise.resolve(value);
	return (yield timeoutMs === undefined ? promise : within(timeoutMs, promise)) as T;
}

function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
	return typeof (value as Partial<PromiseLike<T>> | undefined)?.then === "function";
}

/**
 * A head: the state of a run after one of its messages, which that message carries. So the newest message of a run says everything
 * about it, and a message is only stored by who knows the one before.
 */
import {
	type ClaimRules,
	endEntry,
	endReasonOf,
	newTermAfter,
	type RunEntry,
	type RunOutcome,
	type RunStatus,
	type RunWrite,
} from "sse-service/runs";

/** Times are by the server's clock. */
export interface RunHead extends Omit<RunStatus, "leaseLeftMs"> {
	/** The sequence of the producer's newest entry. The end may come from elsewhere. */
	readonly written: number;
	readonly leaseMs: number;
	readonly ttlMs: number;
	/** Where the attempt begins, as the stream's sequence. */
	readonly first: number;
	/** Where the newest snapshot is, as the stream's sequence; 0: there is none. */
	readonly snapshot: number;
}

/** What a message adds to its run. */
export interface RunDraft {
	readonly head: RunHead;
	readonly entries: readonly RunEntry[];
	readonly snapshot?: RunWrite["snapshot"];
}

/** For `first` and `snapshot`: the message itself, whose sequence is not known before it is stored. */
const ITSELF = -1;

export function claimed(id: string, attempt: string, rules: ClaimRules, now: number): RunDraft {
	const head: RunHead = {
		id,
		attempt,
		term: 1,
		isReleased: false,
		state: "running",
		reason: undefined,
		sequence: 0,
		written: 0,
		length: 0,
		startedAt: now,
		endedAt: undefined,
		leaseMs: rules.leaseMs,
		ttlMs: rules.ttlMs,
		first: ITSELF,
		snapshot: 0,
	};
	return { head, entries: [] };
}

export function written(
	head: RunHead,
	{ after, entries, snapshot, release, rules }: RunWrite,
	now: number,
): RunDraft {
	const last = after + entries.length;
	const newest = entries.at(-1);
	const changed = {
		...head,
		isReleased: release === true,
		sequence: last,
		written: last,
		length: head.length + lengthOf(entries),
		leaseMs: rules.leaseMs,
		ttlMs: rules.ttlMs,
		snapshot: snapshot === undefined ? head.snapshot : ITSELF,
	};
	if (newest?.end === undefined) return { head: changed, entries, snapshot };
	const over = { state: newest.end, reason: endReasonOf(newest), endedAt: now };
	return { head: { ...changed, ...over }, entries, snapshot };
}

/** Ended by somebody else than its producer. */
export function ended(
	head: RunHead,
	state: RunOutcome,
	reason: string | undefined,
	ttlMs: number,
	now: number,
): RunDraft {
	const entries = [endEntry(state, reason)];
	const sequence = head.sequence + 1;
	const length = head.length + lengthOf(entries);
	const over = { state, reason, sequence, length, ttlMs, endedAt: now, isReleased: false };
	return { head: { ...head, ...over }, entries };
}

export function adopted(head: RunHead, { leaseMs, ttlMs }: ClaimRules): RunDraft {
	return {
		head: { ...head, term: newTermAfter(head.term), isReleased: false, leaseMs, ttlMs },
		entries: [],
	};
}

export function statusOf(head: RunHead, leaseLeftMs: number): RunStatus {
	const { id, attempt, term, isReleased, state, reason, sequence, length, startedAt, endedAt } =
		head;
	return {
		...{ id, attempt, term, isReleased, state, reason, sequence, length, startedAt, endedAt },
		leaseLeftMs: state === "running" ? Math.max(0, leaseLeftMs) : 0,
	};
}

type Kept = readonly [
	id: string,
	attempt: string,
	term: number,
	isReleased: 0 | 1,
	state: RunHead["state"],
	reason: string | null,
	sequence: number,
	written: number,
	length: number,
	startedAt: number,
	endedAt: number | null,
	leaseMs: number,
	ttlMs: number,
	first: number,
	snapshot: number,
];

export function encodeHead(head: RunHead): string {
	const kept: Kept = [
		...([head.id, head.attempt, head.term, head.isReleased ? 1 : 0, head.state] as const),
		...([head.reason ?? null, head.sequence, head.written, head.length] as const),
		...([head.startedAt, head.endedAt ?? null, head.leaseMs, head.ttlMs] as const),
		...([head.first, head.snapshot] as const),
	];
	return JSON.stringify(kept);
}

/** @param at the sequence of its message */
export function decodeHead(text: string, at: number): RunHead {
	const [id, attempt, term, isReleased, state, reason, sequence, count, ...others] = JSON.parse(
		text,
	) as Kept;
	const [length, startedAt, endedAt, leaseMs, ttlMs, first, snapshot] = others;
	const head = {
		...{ id, attempt, term, isReleased: isReleased === 1, state, reason: reason ?? undefined },
		...{ sequence, written: count, length, startedAt, endedAt: endedAt ?? undefined },
		...{ leaseMs, ttlMs, first, snapshot },
	};
	return located(head, at);
}

/** The head of a message that is stored there. */
export function located(head: RunHead, at: number): RunHead {
	const { first, snapshot } = head;
	if (first !== ITSELF && snapshot !== ITSELF) return head;
	return {
		...head,
		first: first === ITSELF ? at : first,
		snapshot: snapshot === ITSELF ? at : snapshot,
	};
}

function lengthOf(entries: readonly RunEntry[]): number {
	return entries.reduce((sum, { data }) => sum + data.length, 0);
}

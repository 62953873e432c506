/**
 * Changes runs, one step at a time: looks at the newest record, decides, and stores the next one if no other came between. So what is
 * decided holds for all processes.
 */
import type { RunStatus } from "sse-service/runs";
import { ended, located, type RunDraft, type RunHead, statusOf } from "./run-head.js";
import type { RunStream } from "./run-stream.js";

/** The newest record of a run. */
export interface Newest {
	readonly sequence: number;
	readonly head: RunHead;
	/** When it was stored; `undefined`: just now, by this process. */
	readonly at?: number | undefined;
	/** Until when, by `performance.now()`, its lease lasts at least. */
	readonly leaseUntil?: number | undefined;
}

export interface Decision<T> {
	readonly answer: T;
	/** What to store for it. */
	readonly draft?: RunDraft | undefined;
}

/** @param head `undefined`: there is no such run, or it is no longer kept */
export type Decide<T> = (
	head: RunHead | undefined,
	now: number,
) => Decision<T> | Promise<Decision<T>>;

export interface Changed<T> {
	readonly answer: T;
	/** `undefined` for a run that is not kept. */
	readonly status: RunStatus | undefined;
	readonly newest: Newest | undefined;
	/** What was the newest record before this call stored one. */
	readonly before: Newest | undefined;
}

// Each time another process was faster.
const ATTEMPTS = 200;

export class RunKeeper {
	readonly #stream: RunStream;
	/** Called for each end that this process has stored. */
	readonly #onEnd: (newest: Newest) => void;

	constructor(stream: RunStream, onEnd: (newest: Newest) => void) {
		this.#stream = stream;
		this.#onEnd = onEnd;
	}

	/** @param known the newest record, if this process has stored it */
	async change<T>(id: string, decide: Decide<T>, known?: Newest): Promise<Changed<T>> {
		const subject = this.#stream.subjects.run(id);
		let before: Newest | undefined = known;
		for (let left = ATTEMPTS; left > 0; left--) {
			before ??= await this.#stream.last(subject);
			const now = await this.#stream.now(before && dueAt(before));
			const head = before && isForgotten(before, now) ? undefined : before?.head;
			if (before !== undefined && head !== undefined && isLost(before, now)) {
				await this.#append(subject, ended(head, "failed", "lost", head.ttlMs, now), before);
				before = undefined;
				continue;
			}
			const { answer, draft } = await decide(head, now);
			if (draft === undefined) {
				const status = head && statusOf(head, leaseLeftOf(before, now));
				return { answer, status, newest: head && before, before };
			}
			const newest = await this.#append(subject, draft, before);
			if (newest !== undefined) {
				const status = statusOf(newest.head, newest.head.leaseMs);
				return { answer, status, newest, before };
			}
			before = undefined;
		}
		throw new Error(`The run ${id.slice(0, 80)} keeps being changed by others`);
	}

	async #append(
		subject: string,
		draft: RunDraft,
		before: Newest | undefined,
	): Promise<Newest | undefined> {
		const sentAt = performance.now();
		const sequence = await this.#stream.append(subject, draft, before);
		if (sequence === undefined) return undefined;
		const head = located(draft.head, sequence);
		const newest = { sequence, head, leaseUntil: sentAt + head.leaseMs };
		if (head.state !== "running") this.#onEnd(newest);
		return newest;
	}
}

/** Whether a run is to be forgotten: its TTL after its end, or after its lease if nobody has read it since. */
export function isForgotten(newest: Pick<Newest, "head" | "at">, now: number): boolean {
	const { endedAt, ttlMs } = newest.head;
	return now >= dueAt(newest) + (endedAt === undefined ? ttlMs : 0);
}

/** Whether the lease of its producer has expired. */
export function isLost(newest: Pick<Newest, "head" | "at">, now: number): boolean {
	return newest.head.endedAt === undefined && now >= dueAt(newest);
}

/** When its lease expires, or, after its end, its TTL. The server's clock is to be looked at before that time is said to have come. */
export function dueAt({
	head,
	at = Number.POSITIVE_INFINITY,
}: Pick<Newest, "head" | "at">): number {
	const { endedAt, leaseMs, ttlMs } = head;
	return endedAt === undefined ? at + leaseMs : endedAt + ttlMs;
}

export function leaseLeftOf(newest: Newest | undefined, now: number): number {
	if (newest === undefined) return 0;
	const { at = now, head } = newest;
	return at + head.leaseMs - now;
}

/**
 * Times of what processes ask each other: how soon, and for how long at most.
 */
import { setTimeout as pause } from "node:timers/promises";

/** At most one call, or post, in this time: more are one. */
const SOON_MS = 150;
export const LOOK_MS = 60;

/** Resolves with the work, or when its time is over: an engine may not answer for long. Rejects like the work. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
	const isOver = new AbortController();
	const { signal } = isOver;
	const limit = pause(Math.max(0, ms), undefined, { ref: false, signal }).catch(() => {});
	try {
		await Promise.race([work, limit]);
	} finally {
		isOver.abort();
	}
}

/** @param last when it was done last, by `performance.now()` */
export async function soon(last: number): Promise<void> {
	const ms = last + SOON_MS - performance.now();
	if (ms > 0) await pause(ms, undefined, { ref: false });
}

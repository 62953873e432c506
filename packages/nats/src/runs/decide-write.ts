/**
 * What a store answers to a write, given the state of the run.
 */
import type { RunWrite } from "sse-service/runs";
import { ended, type RunHead, written } from "./run-head.js";
import type { Decision } from "./run-keeper.js";

/** @returns as answer the sequence that the write reached; `undefined` if its producer does not own the run */
export function decideWrite(
	write: RunWrite,
	head: RunHead | undefined,
	now: number,
): Decision<number | undefined> {
	const { attempt, term, after, entries, rules } = write;
	const last = after + entries.length;
	if (head?.attempt !== attempt) return { answer: undefined };
	if (entries.length > 0 && head.written >= last) return { answer: last };
	if (head.state !== "running" || head.term !== term) return { answer: undefined };
	if (head.sequence < after) {
		// The newest entries are lost, as after a crash: nobody can continue from here.
		return { answer: undefined, draft: ended(head, "failed", "lost", rules.ttlMs, now) };
	}
	// A renewal that arrives late must not take back what was stored since then.
	if (head.sequence > last) return { answer: head.sequence };
	return { answer: last, draft: written(head, write, now) };
}

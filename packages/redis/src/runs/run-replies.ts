/**
 * What the scripts of runs take and return, between the words of Redis and those of a run store.
 */
import {
	encodeRunEntries,
	endReasonOf,
	type RunOutcome,
	type RunStatus,
	type RunWrite,
} from "sse-service/runs";
import { decodeName } from "../keys.js";
import { encodeRunId } from "./run-keys.js";

/** What the script of a write takes. */
export function argsOf({
	id,
	attempt,
	term,
	after,
	entries,
	snapshot,
	release,
	rules,
}: RunWrite): string[] {
	const last = entries.at(-1);
	const end = last?.end === undefined ? undefined : last;
	const length = entries.reduce((sum, { data }) => sum + data.length, 0);
	// One text, because each argument of its own costs the client more than Redis saves.
	const numbers = [
		...[attempt, term, after, entries.length, length, rules.leaseMs, rules.ttlMs],
		...[end?.end ?? "-", snapshot?.sequence ?? "-", release === true ? 1 : 0],
	].join(" ");
	return [
		encodeRunId(id),
		numbers,
		entries.length === 0 ? "" : encodeRunEntries(entries),
		(end && endReasonOf(end)) ?? "",
		snapshot?.state ?? "",
	];
}

/** The sequence that a write reached; `undefined` if its producer no longer owns the run. */
export function sequenceOf(result: unknown): number | undefined {
	const sequence = Number(result);
	return sequence < 0 ? undefined : sequence;
}

/** Reads the status that scripts return. */
export function statusOf(reply: readonly unknown[]): RunStatus {
	const [attempt, state, reason, sequence, length, startedAt, endedAt, leaseLeftMs, ...rest] =
		reply.map(String);
	const [name, term, released] = rest;
	return {
		id: decodeName(name ?? ""),
		attempt: attempt ?? "",
		term: Number(term),
		isReleased: released === "1",
		state: state as "running" | RunOutcome,
		reason: reason === "" ? undefined : reason,
		sequence: Number(sequence),
		length: Number(length),
		startedAt: Number(startedAt),
		endedAt: endedAt === "" ? undefined : Number(endedAt),
		leaseLeftMs: Number(leaseLeftMs),
	};
}

/**
 * A mark: tells the events of a producer that took a run over from those of every other one. A store that loses a hand-over gives the
 * sequences of lost events to others, so that a position is one of this run only if the event there has its mark.
 */
import { randomId } from "../checks/random-id.js";
import type { RunStatus, RunStore } from "./run-store.js";

/** Two that take over the same run after a failover get the same one once in 2^48 times. */
const LENGTH = 8;

/** What a reader has read last. */
export interface LastRead {
	/** The mark of the event. `undefined`: there was none, or it is of the first producer. */
	mark: string | undefined;
	/** Whether the store has others in the place of events that were read. */
	isReplaced: boolean;
}

/**
 * Returns the term of a producer that takes a run over from one with the given term. It is greater by a random number: of two that take
 * the same run over, because a failover lost that the first did, the store must refuse one.
 */
export function newTermAfter(term: number): number {
	const [by = 0] = crypto.getRandomValues(new Uint32Array(1));
	return term + 1 + by;
}

/** @returns `undefined` for the first producer: the attempt tells its events */
export function newMark({ term }: Pick<RunStatus, "term">): string | undefined {
	return term === 1 ? undefined : randomId(LENGTH);
}

/** Reads the mark of an event that is no newer than the status: a run that was not taken over until then has none. */
export async function markOf(
	store: Pick<RunStore, "read">,
	status: RunStatus,
	sequence: number,
): Promise<string | undefined> {
	return status.term === 1 ? undefined : markAt(store, status, sequence);
}

/** Reads the mark of an event. @returns `undefined` if there is no such event, too */
export async function markAt(
	store: Pick<RunStore, "read">,
	{ id, attempt }: Pick<RunStatus, "id" | "attempt">,
	sequence: number,
): Promise<string | undefined> {
	if (sequence < 1) return undefined;
	const [entry] = (await store.read(id, attempt, sequence, 1)) ?? [];
	return entry?.mark;
}

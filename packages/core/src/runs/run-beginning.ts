/**
 * Where a reader of a run begins, by the cursor that it sends.
 */
import { parseRunCursor, type RunCursor } from "./run-cursor.js";
import { markOf } from "./run-mark.js";
import type { RunStatus, RunStore } from "./run-store.js";
import type { FollowOptions, RunGapReason } from "./run-types.js";

export interface Beginning {
	/** The sequence of the first entry to send. */
	readonly from: number;
	/** The mark of the event before. */
	readonly mark?: string | undefined;
	/** Why the reader cannot continue from its position, if so. */
	readonly gap: RunGapReason | undefined;
}

/**
 * @param lastEventId `undefined` for a reader that has received nothing
 * @returns `undefined` for a reader that has everything, to the end
 */
export async function beginningOf(
	store: Pick<RunStore, "read">,
	status: RunStatus,
	lastEventId: string | undefined,
	begin: FollowOptions["from"] = "start",
): Promise<Beginning | undefined> {
	const { attempt, sequence, state } = status;
	if (lastEventId === undefined) {
		// The end itself is sent in any case.
		const now = state === "running" ? sequence + 1 : sequence;
		const from = begin === "now" ? now : 1;
		return { from, gap: undefined, mark: await markOf(store, status, from - 1) };
	}
	const cursor = parseRunCursor(lastEventId);
	if (cursor === undefined) return { from: 1, gap: "invalid" };
	if (cursor.attempt !== attempt) return { from: 1, gap: "attempt" };
	const isOver = hasEverything(cursor, status);
	if (isOver || isIn(cursor, status)) {
		const mark = await markOf(store, status, isOver ? sequence - 1 : cursor.sequence);
		const isSame = cursor.mark === mark || cursor.mark === "";
		if (isSame) return isOver ? undefined : { from: cursor.sequence + 1, gap: undefined, mark };
	}
	return { from: 1, gap: "invalid" };
}

function hasEverything({ sequence, isEnd }: RunCursor, status: RunStatus): boolean {
	return isEnd === true && status.state !== "running" && sequence >= status.sequence;
}

/** Whether the store has the event that the reader received last. After a failover it may have an end in the place of another event. */
function isIn({ sequence, isEnd }: RunCursor, status: RunStatus): boolean {
	const isAtEnd = status.state !== "running" && sequence === status.sequence;
	return sequence <= status.sequence && isEnd === isAtEnd;
}

/**
 * Following: sends one reader a run, from its position to the run's end.
 */
import { SSEError } from "../checks/errors.js";
import type { SSEConnection } from "../types/connection.js";
import type { SSEMessage } from "../types/message.js";
import type { FoldRules } from "./fold.js";
import { type Beginning, ReaderMessages } from "./reader-messages.js";
import { parseRunCursor } from "./run-cursor.js";
import { gapMessages } from "./run-messages.js";
import type { RunStatus, RunStore } from "./run-store.js";
import type { RunTarget } from "./run-target.js";
import type { FollowOptions } from "./run-types.js";

export interface FollowHost {
	readonly store: RunStore;
	readonly fold: FoldRules | undefined;
	/** `over` resolves when the reader has received everything, or has left. */
	onFollow(attempt: string | undefined, connection: SSEConnection, over: Promise<void>): void;
	onError(error: unknown): void;
}

export async function followRun(
	host: FollowHost,
	id: string,
	target: RunTarget,
	options: FollowOptions,
): Promise<SSEConnection | undefined> {
	const { codec = {} } = options;
	// An empty id means that the reader has received nothing: it gets the whole run.
	const lastEventId = (options.lastEventId ?? target.lastEventId) || undefined;
	const status = await host.store.settle(id);
	if (status === undefined && lastEventId === undefined) {
		if (options.unknown === "error") {
			throw new SSEError(
				"ERR_SSE_RUN_UNKNOWN",
				`There is no run ${id.slice(0, 80)}, or it is no longer kept`,
			);
		}
		target.answerNothing();
		return undefined;
	}
	const beginning = status && beginningOf(status, lastEventId, options.from);
	// The reader already has the end, so an EventSource must be stopped from reconnecting.
	const isRead = status?.state !== "running" && (beginning?.from ?? 0) > (status?.sequence ?? 0);
	if (isRead) {
		target.answerNothing();
		return undefined;
	}

	const connection = target.open(codec);
	const source = (signal: AbortSignal): AsyncIterable<SSEMessage> | Iterable<SSEMessage> =>
		status === undefined || beginning === undefined
			? gapMessages("expired", undefined, codec)
			: new ReaderMessages(host, status, beginning, codec, signal);
	const over = connection.pipe(source, { toEvent: (message) => message }).then(
		() => connection.close(),
		(error: unknown) => {
			host.onError(error);
			connection.close("error");
		},
	);
	host.onFollow(status?.attempt, connection, over);
	return connection;
}

function beginningOf(
	{ attempt, sequence, state }: RunStatus,
	lastEventId: string | undefined,
	begin: FollowOptions["from"] = "start",
): Beginning {
	if (lastEventId === undefined) {
		// The end itself is sent in any case.
		const now = state === "running" ? sequence + 1 : sequence;
		return { from: begin === "now" ? now : 1, gap: undefined };
	}
	const cursor = parseRunCursor(lastEventId);
	if (cursor?.attempt === attempt && cursor.sequence <= sequence) {
		return { from: cursor.sequence + 1, gap: undefined };
	}
	return {
		from: 1,
		gap: cursor === undefined || cursor.attempt === attempt ? "invalid" : "attempt",
	};
}

/**
 * Following: sends one reader a run, from its position to the run's end.
 */
import { SSEError } from "../checks/errors.js";
import type { SSEConnection } from "../types/connection.js";
import type { SSEMessage } from "../types/message.js";
import type { FoldRules } from "./fold.js";
import { ReaderMessages } from "./reader-messages.js";
import { beginningOf } from "./run-beginning.js";
import { failureMessages, gapMessages } from "./run-messages.js";
import type { RunStore } from "./run-store.js";
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
	const beginning = status && (await beginningOf(host.store, status, lastEventId, options.from));
	if (status !== undefined && beginning === undefined) {
		// An EventSource must be stopped from reconnecting.
		target.answerNothing();
		return undefined;
	}

	const position = { id, attempt: status?.attempt ?? "", sequence: status?.sequence ?? 0 };
	const connection = target.open(codec);
	const source = (signal: AbortSignal): AsyncIterable<SSEMessage> | Iterable<SSEMessage> =>
		status === undefined || beginning === undefined
			? gapMessages("expired", undefined, codec)
			: new ReaderMessages(host, status, beginning, codec, signal);
	const over = connection.pipe(source, { toEvent: (message) => message }).then(
		() => connection.close(),
		(error: unknown) => {
			host.onError(error);
			// Without an end the stream would seem complete.
			try {
				for (const { data, ...options } of failureMessages(position, codec)) {
					connection.send(data, options);
				}
			} catch (cause) {
				host.onError(cause);
			}
			connection.close("error");
		},
	);
	host.onFollow(status?.attempt, connection, over);
	return connection;
}

/**
 * Runs: the words of the public interface. Types only: nothing here runs.
 */
import type { SSEService } from "../service/service-types.js";
import type { ConnectParams, SSEConnection } from "../types/connection.js";
import type { SendOptions, SSEMessage } from "../types/message.js";
import type { FoldRules, RunEvent } from "./fold.js";
import type { RunOutcome, RunStatus, RunStore } from "./run-store.js";

/** How the events of a run go on the wire: for clients that speak a protocol of their own. */
export interface RunCodec {
	/** Headers of the response. */
	readonly headers?: Readonly<Record<string, string>> | undefined;
	/** What one event becomes; its id is added. An empty array is nothing. Default: the event as it is. */
	readonly event?: ((event: RunEvent, cursor: RunPosition) => readonly SSEMessage[]) | undefined;
	/** What the end becomes. Default: an event of type `done`, `failed` or `cancelled`, with `{ reason }` as data. */
	readonly end?: ((end: RunEnding, cursor: RunPosition) => readonly SSEMessage[]) | undefined;
	/** What tells a reader that its position cannot be gone on from. Default: an event of type `gap`, with `{ reason }` as data. */
	readonly gap?: ((reason: RunGapReason) => readonly SSEMessage[]) | undefined;
}

export interface RunPosition {
	readonly id: string;
	readonly attempt: string;
	readonly sequence: number;
}

export interface RunEnding {
	readonly outcome: RunOutcome;
	/** `lost`: its producer died or was paused beyond its lease. `limit`: it grew too long. Else the application's. */
	readonly reason: string | undefined;
}

/**
 * Why a reader is not given what comes after its position:
 * - `attempt`: the run was started again since. The new attempt follows, from its start.
 * - `invalid`: the position is none of this run's. The run follows, from its start.
 * - `expired`: the run is no longer kept.
 */
export type RunGapReason = "attempt" | "invalid" | "expired";

/** What a producer is given. */
export interface Run {
	readonly id: string;
	/** Aborted when the run is cancelled, when its lease is lost, when it is too long, and when `close` gives up on it. */
	readonly signal: AbortSignal;
	/**
	 * Add one event: a string as it is, anything else as JSON.
	 *
	 * @returns a promise that resolves when more can be taken; a producer need not wait for it
	 * @throws (rejects) `ERR_SSE_RUN_OVER` once the run is over, and `ERR_SSE_INVALID_*`
	 */
	send(data: unknown, options?: Pick<SendOptions, "event">): Promise<void>;
}

/** What makes a run: a function that sends, or one that returns the events. The run is done when it has returned, and failed when it throws. */
export type RunProducer =
	| ((run: Run) => Promise<void> | void)
	| ((run: Run) => AsyncIterable<unknown> | Iterable<unknown>);

export interface StartedRun {
	readonly id: string;
	/** Whether this call started it. False: it was running already, here or in another process. */
	readonly isOwn: boolean;
	readonly status: RunStatus;
}

export interface FollowOptions {
	/** Where a reader begins that has no `Last-Event-ID`: at the `start`, or with what comes from `now` on. Default `start`. */
	readonly from?: "start" | "now" | undefined;
	/** For a protocol of the reader's own. Default: that of `createRuns`. */
	readonly codec?: RunCodec | undefined;
	/** What an unknown run is: `204` ends the response so that EventSource does not ask again; `error` rejects with `ERR_SSE_RUN_UNKNOWN`. Default `204`. */
	readonly unknown?: 204 | "error" | undefined;
	/** The cursor, where the client sends it in its own way. Default: that of the request. */
	readonly lastEventId?: string | undefined;
}

export interface RunsOptions {
	/** Where runs are kept. Default: in memory, for one process. */
	readonly store?: RunStore | undefined;
	/** The service that opens the streams of readers, and stays yours to close. Default: one of its own, without history. */
	readonly service?: Pick<SSEService, "connect"> | undefined;
	/** How long a run is kept after its end, in milliseconds. Default 3,600,000 (an hour). */
	readonly ttlMs?: number | undefined;
	/** After so long without a sign of its producer a run has failed, in milliseconds. Default 10,000. */
	readonly leaseMs?: number | undefined;
	/** The least time from one call of the store to the next, in milliseconds; the first event goes at once. Default 20. */
	readonly batchMs?: number | undefined;
	/** How many events a run may have. Default 100,000. At the limit it fails, with the reason `limit`. */
	readonly maxEvents?: number | undefined;
	/** How many characters the data of a run may have together. Default 16,777,216. As `maxEvents`. */
	readonly maxLength?: number | undefined;
	/** How many runs the store may keep. Default 10,000. At the limit `start` rejects with `ERR_SSE_MAX_RUNS`. */
	readonly maxRuns?: number | undefined;
	/** How events add up: a reader that begins at the start is given the state, then the rest. Default: every event. */
	// biome-ignore lint/suspicious/noExplicitAny: the state is the application's, and goes in and out of its own functions only
	readonly fold?: FoldRules<any> | undefined;
	readonly codec?: RunCodec | undefined;
	/** What a producer throws, and what the store rejects with. A reader is told that the run has failed, and not why. */
	readonly onError?:
		| ((error: unknown, info: { readonly id: string | undefined }) => unknown)
		| undefined;
}

/** Where a reader's stream goes: Node's request and response (or a framework's), or a connection that is open already. */
export type RunReader =
	| Omit<ConnectParams, "onDisconnectCb">
	| { readonly connection: SSEConnection };

/** What `createRuns` returns. */
export interface Runs {
	/**
	 * Start a run, if none with this id is running in any process. It continues whether anyone reads it or not.
	 *
	 * @returns once it is claimed; the producer begins in the same turn
	 * @throws (rejects) `ERR_SSE_INVALID_RUN_ID`, `ERR_SSE_MAX_RUNS`, `ERR_SSE_SERVICE_CLOSED`, and what the store rejects with
	 */
	start(id: string, producer: RunProducer): Promise<StartedRun>;

	/**
	 * Give a reader the run: from its `Last-Event-ID`, or from the start; then what comes, to the end. Whether the reader
	 * may read this run is for the application to know before.
	 *
	 * @returns a promise of the connection, once it is open, or `undefined` for an unknown run
	 * @throws (rejects) `ERR_SSE_INVALID_RUN_ID`, `ERR_SSE_RUN_UNKNOWN`, and as `connect`
	 */
	follow(
		id: string,
		reader: RunReader,
		options?: FollowOptions,
	): Promise<SSEConnection | undefined>;

	/** Stop a run, in whichever process it is produced. @returns whether it was running */
	cancel(id: string, reason?: string): Promise<boolean>;

	/** @returns the status, or `undefined` for a run that there is not, or is no longer kept */
	status(id: string): Promise<RunStatus | undefined>;

	/** The newest runs first. @param limit default 100 */
	list(limit?: number): Promise<RunStatus[]>;

	/**
	 * Start no more. Producers of this process have `drainMs` milliseconds (default 0) to end; those that do not are failed
	 * with the reason `shutdown`. Then streams end, and the store is closed.
	 */
	close(options?: { readonly drainMs?: number | undefined }): Promise<void>;
}

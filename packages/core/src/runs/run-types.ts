/**
 * Runs: the types of the public interface. Types only: nothing here runs.
 */
import type { RespondParams } from "../service/respond.js";
import type { SSEService } from "../service/service-types.js";
import type { ConnectParams } from "../types/connect.js";
import type { SSEConnection } from "../types/connection.js";
import type { SendOptions, SSEMessage } from "../types/message.js";
import type { FoldRules, RunEvent } from "./fold.js";
import type { RunOutcome, RunStatus, RunStore } from "./run-store.js";

/** How the events of a run are encoded on the wire, for clients with a protocol of their own. */
export interface RunCodec {
	/** Headers of the response. */
	readonly headers?: Readonly<Record<string, string>> | undefined;
	/** Encodes one event; its id is added. An empty array sends nothing. Default: the event as it is. */
	readonly event?: ((event: RunEvent, cursor: RunPosition) => readonly SSEMessage[]) | undefined;
	/** Encodes the end. Default: an event of type `done`, `failed` or `cancelled`, with `{ reason }` as data. */
	readonly end?: ((end: RunEnding, cursor: RunPosition) => readonly SSEMessage[]) | undefined;
	/** Reports that a reader cannot continue from its position. Default: an event of type `gap`, with `{ reason }` as data. */
	readonly gap?: ((reason: RunGapReason) => readonly SSEMessage[]) | undefined;
}

export interface RunPosition {
	readonly id: string;
	readonly attempt: string;
	readonly sequence: number;
}

export interface RunEnding {
	readonly outcome: RunOutcome;
	/** `lost`: its producer died or was paused beyond its lease. `limit`: it grew too long. Otherwise set by the application. */
	readonly reason: string | undefined;
}

/**
 * Why a reader cannot continue from its position:
 * - `attempt`: the run was started again since then. The new attempt follows, from its start.
 * - `invalid`: the position does not belong to this run, or the store has lost it in a failover. The run follows, from its start.
 * - `expired`: the run is no longer kept.
 */
export type RunGapReason = "attempt" | "invalid" | "expired";

/** What a producer receives. */
export interface Run {
	readonly id: string;
	/** Aborts when the run is cancelled, loses its lease, becomes too long, has an event refused, or is given up by `close`. */
	readonly signal: AbortSignal;
	/**
	 * Adds one event: a string as it is, anything else as JSON.
	 *
	 * @returns a promise that resolves when more can be accepted; awaiting it is optional
	 * @throws (rejects) `ERR_SSE_INVALID_*`, and what the `fold` throws: the event is not part of the run. If nobody handles the
	 * rejection, `onError` receives it, and the run fails with the reason `error`. `ERR_SSE_RUN_OVER` once the run is over
	 */
	send(data: unknown, options?: Pick<SendOptions, "event">): Promise<void>;
}

/** Produces a run: a function that sends, or returns, the events. The run is done when it completes, and failed if it throws. */
export type RunProducer =
	// biome-ignore lint/suspicious/noConfusingVoidType: an async function without a result has a promise of void
	((run: Run) => Promise<RunEvents | void> | void) | ((run: Run) => RunEvents);

/** The events of a run, as a producer returns them. */
export type RunEvents = AsyncIterable<unknown> | Iterable<unknown>;

/** Where a run that is taken over stands. */
export interface RunResumption<State = unknown> {
	/** The state of the fold after all events so far; `undefined` without `fold`. */
	readonly state: State;
	/** How many events the run has. */
	readonly sequence: number;
}

/** Continues a run that another process has handed over, like a {@link RunProducer}. */
export type RunResumer<State = unknown> =
	// biome-ignore lint/suspicious/noConfusingVoidType: an async function without a result has a promise of void
	| ((run: Run, from: RunResumption<State>) => Promise<RunEvents | void> | void)
	| ((run: Run, from: RunResumption<State>) => RunEvents);

export interface StartedRun {
	readonly id: string;
	/** Whether this call started it. False: it was already running, here or in another process. */
	readonly isOwn: boolean;
	readonly status: RunStatus;
}

export interface FollowOptions {
	/** Where a reader without a `Last-Event-ID` begins: at the `start`, or with events from `now` on. Default `start`. */
	readonly from?: "start" | "now" | undefined;
	/** The reader's protocol. Default: the codec of `createRuns`. */
	readonly codec?: RunCodec | undefined;
	/** The answer for an unknown run: `204` ends the response so that EventSource does not reconnect; `error` rejects with `ERR_SSE_RUN_UNKNOWN`. Default `204`. */
	readonly unknown?: 204 | "error" | undefined;
	/** The cursor, if the client sends it in its own way. Default: that of the request. */
	readonly lastEventId?: string | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: only the application's own functions see the state
export interface RunsOptions<State = any> {
	/** Where runs are kept. Default: in memory, for one process. */
	readonly store?: RunStore | undefined;
	/** The service that opens the readers' streams; closing it is up to you. Default: an own service, without history. */
	readonly service?: Pick<SSEService, "connect"> | undefined;
	/** How long a run is kept after its end, in milliseconds. Default 3,600,000 (an hour). */
	readonly ttlMs?: number | undefined;
	/**
	 * How long a producer may be silent before its run fails, in milliseconds. Default 10,000. Before a call of the store that may take
	 * a third of it at 128 characters per millisecond, the leases that it may outlast become longer by that time, at most 64 seconds.
	 */
	readonly leaseMs?: number | undefined;
	/**
	 * The minimum time between two calls of the store, in milliseconds. The first event of a run is written with the next call. Later
	 * ones may wait for a second call if more than 100 runs of this process have events to write. Default 20.
	 */
	readonly batchMs?: number | undefined;
	/** How many events a run may have. Default 100,000. At the limit it fails, with the reason `limit`. */
	readonly maxEvents?: number | undefined;
	/** How many characters the data of a run may have. Default 16,777,216. At the limit it fails, with the reason `limit`. */
	readonly maxLength?: number | undefined;
	/** How many runs the store may keep. Default 10,000. At the limit `start` rejects with `ERR_SSE_MAX_RUNS`. */
	readonly maxRuns?: number | undefined;
	/** How events combine into a state. A reader from the start receives the state, then later events. Default: every event. */
	readonly fold?: FoldRules<State> | undefined;
	/**
	 * Takes over runs that other processes hand over when they close. One of the processes that have this option continues each
	 * run; its readers notice nothing. Default: this process takes none over.
	 */
	readonly resume?: RunResumer<State> | undefined;
	readonly codec?: RunCodec | undefined;
	/**
	 * Receives what a producer throws, why an event was refused if the producer does not handle that, what the store rejects with,
	 * and why the state of a fold cannot be kept. A reader only learns that the run has failed, not why.
	 */
	readonly onError?:
		| ((error: unknown, info: { readonly id: string | undefined }) => unknown)
		| undefined;
}

/**
 * The target of a reader's stream: Node's request and response (or a framework's), or an open connection. The stream is standalone
 * unless it names groups. It must be standalone if its service has history, whose ids would take the place of the run's.
 */
export type RunReader =
	| Omit<ConnectParams, "onDisconnectCb">
	| { readonly connection: SSEConnection };

/**
 * The target of a reader's stream: a request of the Fetch API, by itself or with parameters of `respond`. Standalone as a
 * {@link RunReader}.
 */
export type FetchRunReader =
	| Request
	| ({ readonly request: Request } & Omit<RespondParams, "service" | "onDisconnectCb">);

export interface CloseRunsOptions {
	/** How long producers have to complete, in milliseconds. Default 0. */
	readonly drainMs?: number | undefined;
	/**
	 * What becomes of runs that are not complete by then. `fail`: they fail with the reason `shutdown`, which their readers
	 * receive. `handOver`: a process with the option `resume` continues them; if none does within `leaseMs`, they fail with the
	 * reason `lost`. Default `fail`.
	 */
	readonly unfinished?: "fail" | "handOver" | undefined;
}

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
	 * Sends a run to a reader: from its `Last-Event-ID`, or from the start, to the end. The application must authorize the
	 * reader before this call.
	 *
	 * @returns for a request of the Fetch API a promise of the `Response` to return; else of the connection, once it is open, or
	 * `undefined` for an unknown run
	 * @throws (rejects) `ERR_SSE_INVALID_RUN_ID`, `ERR_SSE_INVALID_OPTION`, `ERR_SSE_RUN_UNKNOWN`, and like `connect`
	 */
	follow(id: string, reader: FetchRunReader, options?: FollowOptions): Promise<Response>;
	follow(
		id: string,
		reader: RunReader,
		options?: FollowOptions,
	): Promise<SSEConnection | undefined>;

	/**
	 * Stops a run, whichever process produces it.
	 *
	 * @param reason for its readers: 1 to 1,000 characters
	 * @returns whether it was running
	 * @throws (rejects) `ERR_SSE_INVALID_RUN_ID`, `ERR_SSE_INVALID_REASON`, and what the store rejects with
	 */
	cancel(id: string, reason?: string): Promise<boolean>;

	/** @returns the status, or `undefined` for a run that does not exist or is no longer kept */
	status(id: string): Promise<RunStatus | undefined>;

	/** Returns runs, newest first. @param limit default 100 @throws (rejects) `ERR_SSE_INVALID_OPTION` unless it is a positive integer */
	list(limit?: number): Promise<RunStatus[]>;

	/**
	 * Refuses new runs. Producers of this process have time to complete; then their runs fail or are handed over. Finally, streams
	 * end and the store is closed. Later calls wait for the first.
	 *
	 * @throws (rejects) `ERR_SSE_INVALID_OPTION`
	 */
	close(options?: CloseRunsOptions): Promise<void>;
}

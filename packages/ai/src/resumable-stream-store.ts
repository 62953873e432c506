/**
 * The store of assistant-ui's resumable streams, over a run store: `createResumableStreamContext({ store })`. Each chunk is an
 * entry of the run, and reaches its readers without polling. A stream whose process died ends with an error.
 *
 * @see https://www.assistant-ui.com/docs
 */
import { SSEError } from "sse-service/engine";
import {
	checkRunId,
	endReasonOf,
	parseRunCursor,
	type RunEntry,
	type RunStatus,
} from "sse-service/runs";
import { type ResolvedLogOptions, type RunLogOptions, resolveLogOptions } from "./log-options.js";
import { readEntries } from "./read-entries.js";
import { RunLog } from "./run-log.js";

/** What `assistant-stream/resumable` accepts as its store. */
export interface RunStreamStore {
	/** @throws (rejects), like the other methods, `ERR_SSE_INVALID_RUN_ID`, `ERR_SSE_RUN_OVER`, `ERR_SSE_RUN_UNKNOWN`, and what the run store rejects with */
	acquire(streamId: string, options?: AcquireOptions): Promise<"producer" | "consumer">;
	acquireLease(streamId: string, options?: AcquireOptions): Promise<StreamAcquisition>;
	append(streamId: string, chunk: Uint8Array, lease?: StreamLease): Promise<void>;
	finalize(
		streamId: string,
		status: "done" | "error",
		error?: string,
		lease?: StreamLease,
	): Promise<boolean>;
	read(streamId: string, cursor: string, signal: AbortSignal): AsyncIterable<StreamEntry>;
	status(streamId: string): Promise<"streaming" | "done" | "error" | "missing">;
	delete(streamId: string): Promise<void>;
}

export interface AcquireOptions {
	readonly ttlMs?: number;
}

export interface StreamLease {
	readonly token: string;
}

export type StreamAcquisition =
	| { readonly role: "producer"; readonly lease: StreamLease }
	| { readonly role: "consumer" };

export interface StreamEntry {
	readonly cursor: string;
	readonly chunk: Uint8Array;
}

/** The reason of a run that was deleted, and that no longer counts as kept. */
const DELETED = "deleted";
/** The type of entries whose bytes are not valid UTF-8, such as those with half a character. */
const BASE64 = "base64";
/** How much of an error's message is kept, in characters. */
const MAX_ERROR_LENGTH = 1_000;

/**
 * Creates a store. The id of a stream is that of its run.
 *
 * @throws `ERR_SSE_INVALID_OPTION`
 */
export function createResumableStreamStore(options: RunLogOptions = {}): RunStreamStore {
	return new StreamStore(resolveLogOptions(options));
}

class StreamStore implements RunStreamStore {
	readonly #options: ResolvedLogOptions;
	/** Streams that are produced here, by their id. */
	readonly #logs = new Map<string, RunLog>();

	constructor(options: ResolvedLogOptions) {
		this.#options = options;
	}

	async acquire(streamId: string, options?: AcquireOptions): Promise<"producer" | "consumer"> {
		return (await this.acquireLease(streamId, options)).role;
	}

	async acquireLease(
		streamId: string,
		{ ttlMs = this.#options.ttlMs }: AcquireOptions = {},
	): Promise<StreamAcquisition> {
		const status = await this.#status(streamId);
		// A stream that lost its producer can be produced again, any other only once.
		if (status !== undefined && !(status.state === "failed" && status.reason === "lost")) {
			return { role: "consumer" };
		}
		const log = await RunLog.claim(streamId, { ...this.#options, ttlMs });
		if (log === undefined) return { role: "consumer" };
		this.#logs.set(streamId, log);
		void log.over.then(() => {
			if (this.#logs.get(streamId) === log) this.#logs.delete(streamId);
		});
		return { role: "producer", lease: { token: log.status.attempt } };
	}

	async append(streamId: string, chunk: Uint8Array, lease?: StreamLease): Promise<void> {
		const log = this.#logs.get(streamId);
		if (log === undefined || !isOf(log, lease)) throw overError(streamId);
		await log.append([encodeChunk(chunk)]);
	}

	async finalize(
		streamId: string,
		status: "done" | "error",
		error = "error",
		lease?: StreamLease,
	): Promise<boolean> {
		const log = this.#logs.get(streamId);
		if (log === undefined || !isOf(log, lease)) return false;
		return status === "done"
			? log.end("done")
			: log.end("failed", error.slice(0, MAX_ERROR_LENGTH));
	}

	async *read(
		streamId: string,
		cursor: string,
		signal: AbortSignal,
	): AsyncGenerator<StreamEntry, void> {
		const status = await this.#status(streamId);
		if (status === undefined) throw unknownError(streamId);
		const after = cursor === "" ? 0 : sequenceOf(cursor, status);
		const end = yield* chunksOf(readEntries(this.#options, status, after + 1, signal));
		if (end === undefined || end.end === "done") return;
		const reason = endReasonOf(end);
		if (reason !== DELETED) throw new Error(reason ?? `The stream ended: ${end.end}`);
	}

	async status(streamId: string): Promise<"streaming" | "done" | "error" | "missing"> {
		const status = await this.#status(streamId);
		if (status === undefined) return "missing";
		if (status.state === "running") return "streaming";
		return status.state === "done" ? "done" : "error";
	}

	async delete(streamId: string): Promise<void> {
		const { store, leaseMs, maxRuns } = this.#options;
		if ((await this.#status(streamId)) === undefined) return;
		// Kept until its readers have had time to see its end.
		if (await store.cancel(streamId, DELETED, leaseMs)) return;
		// A run that is over cannot be removed, but an empty one that is forgotten at once takes its place.
		const { isOwn } = await store.claim(streamId, { leaseMs, maxRuns, ttlMs: 1 });
		if (isOwn) await store.cancel(streamId, DELETED, 1);
	}

	/** @returns `undefined` for a run that was deleted, too */
	async #status(streamId: string): Promise<RunStatus | undefined> {
		const status = await this.#options.store.settle(checkRunId(streamId));
		return status?.state === "cancelled" && status.reason === DELETED ? undefined : status;
	}
}

async function* chunksOf(
	entries: AsyncGenerator<
		{ readonly cursor: string; readonly entry: RunEntry },
		RunEntry | undefined
	>,
): AsyncGenerator<StreamEntry, RunEntry | undefined> {
	try {
		for (;;) {
			const { done, value } = await entries.next();
			if (done === true) return value;
			yield { cursor: value.cursor, chunk: decodeChunk(value.entry) };
		}
	} finally {
		await entries.return(undefined);
	}
}

function encodeChunk(chunk: Uint8Array): RunEntry {
	try {
		return { data: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(chunk) };
	} catch {
		return { event: BASE64, data: Buffer.from(chunk).toString("base64") };
	}
}

function decodeChunk({ event, data }: RunEntry): Uint8Array {
	return Uint8Array.from(Buffer.from(data, event === BASE64 ? "base64" : "utf8"));
}

function isOf(log: RunLog, lease: StreamLease | undefined): boolean {
	return lease === undefined || lease.token === log.status.attempt;
}

/** @throws `ERR_SSE_RUN_UNKNOWN` for a cursor of another stream or attempt */
function sequenceOf(cursor: string, { id, attempt, sequence }: RunStatus): number {
	const position = parseRunCursor(cursor);
	if (position?.attempt !== attempt || position.sequence > sequence) throw unknownError(id);
	return position.sequence;
}

function unknownError(id: string): SSEError {
	return new SSEError(
		"ERR_SSE_RUN_UNKNOWN",
		`There is no stream ${id.slice(0, 80)} with this position, or it is no longer kept`,
	);
}

function overError(id: string): SSEError {
	return new SSEError("ERR_SSE_RUN_OVER", `The stream ${id.slice(0, 80)} has no producer here`);
}

/**
 * The delivery durability of TanStack AI, over a run store: what its `toServerSentEventsResponse` takes as
 * `durability.adapter`. Unlike its `memoryStream`, every process can resume a run, and the run of a dead process fails.
 *
 * @see https://tanstack.com/ai
 */
import { randomUUID } from "node:crypto";
import { SSEError } from "sse-service/engine";
import {
	checkRunId,
	encodeRunCursor,
	endReasonOf,
	parseRunCursor,
	type RunEntry,
	type RunStatus,
} from "sse-service/runs";
import { type ResolvedLogOptions, type RunLogOptions, resolveLogOptions } from "./log-options.js";
import { readEntries } from "./read-entries.js";
import { RunLog } from "./run-log.js";
import { namesOf, type TanStackRequestLike } from "./tan-stack-request.js";

/** The durability of one request. */
export interface RunDurability<Chunk> {
	/** For `chat` and for the response: aborts when the run is cancelled or lost, from whichever process. */
	readonly abortController: AbortController;
	resumeFrom(): string | null;
	append(chunks: Chunk[]): Promise<string[]>;
	read(offset: string, signal?: AbortSignal): AsyncIterable<StoredChunk<Chunk>>;
	close(): Promise<void>;
	snapshot(): Promise<StoredChunk<Chunk>[]>;
}

export interface StoredChunk<Chunk> {
	readonly offset: string;
	readonly chunk: Chunk;
}

/** A request, or the run and the position that a server function received. */
export type DurabilitySource =
	| TanStackRequestLike
	| { readonly runId: string; readonly offset?: string | null | undefined };

/** The reason of a run whose last chunk says that it failed. */
const RUN_ERROR = "error";
/** Entries per read. */
const PAGE = 256;

/**
 * Creates durabilities: `const durability = createStreamDurability<StreamChunk>({ store })`, and for each request
 * `durability(request)`, which throws `ERR_SSE_INVALID_RUN_ID` for a bad id in the request.
 *
 * @throws `ERR_SSE_INVALID_OPTION`
 */
export function createStreamDurability<Chunk extends { readonly type: string }>(
	options: RunLogOptions = {},
): (source: DurabilitySource) => RunDurability<Chunk> {
	const resolved = resolveLogOptions(options);
	return (source) => {
		const isRequest = "headers" in source;
		const { runId, offset } = isRequest ? namesOf(source) : source;
		return new StreamDurability<Chunk>(runId ?? randomUUID(), offset ?? null, resolved);
	};
}

class StreamDurability<Chunk extends { readonly type: string }> implements RunDurability<Chunk> {
	readonly abortController = new AbortController();
	readonly #runId: string;
	readonly #offset: string | null;
	readonly #options: ResolvedLogOptions;
	#log: Promise<RunLog> | undefined;
	#hasFailed = false;

	constructor(runId: string, offset: string | null, options: ResolvedLogOptions) {
		this.#runId = checkRunId(runId);
		this.#offset = offset;
		this.#options = options;
	}

	resumeFrom(): string | null {
		return this.#offset;
	}

	async append(chunks: Chunk[]): Promise<string[]> {
		this.#log ??= this.#claim();
		const log = await this.#log;
		const first = await log.append(chunks.map((chunk) => ({ data: JSON.stringify(chunk) })));
		const last = chunks.at(-1);
		if (last !== undefined) this.#hasFailed = last.type === "RUN_ERROR";
		const { attempt } = log.status;
		return chunks.map((_, index) => encodeRunCursor({ attempt, sequence: first + index }));
	}

	async close(): Promise<void> {
		const log = await this.#log?.catch(() => undefined);
		if (this.#hasFailed) await log?.end("failed", RUN_ERROR);
		else await log?.end("done");
	}

	async *read(
		offset: string,
		signal: AbortSignal = new AbortController().signal,
	): AsyncGenerator<StoredChunk<Chunk>, void> {
		const status = await this.#options.store.settle(this.#runId);
		if (status === undefined) throw unknownError(this.#runId);
		const entries = readEntries(this.#options, status, fromOf(offset, status), signal);
		try {
			for (;;) {
				const { done, value } = await entries.next();
				if (done === true) return checkEnd(value);
				yield { offset: value.cursor, chunk: JSON.parse(value.entry.data) as Chunk };
			}
		} finally {
			await entries.return(undefined);
		}
	}

	async snapshot(): Promise<StoredChunk<Chunk>[]> {
		const { store } = this.#options;
		const status = await store.settle(this.#runId);
		const stored: StoredChunk<Chunk>[] = [];
		while (status !== undefined) {
			const { id, attempt } = status;
			const entries = (await store.read(id, attempt, stored.length + 1, PAGE)) ?? [];
			for (const { data, end } of entries) {
				if (end !== undefined) return stored;
				const offset = encodeRunCursor({ attempt, sequence: stored.length + 1 });
				stored.push({ offset, chunk: JSON.parse(data) as Chunk });
			}
			if (entries.length < PAGE) break;
		}
		return stored;
	}

	async #claim(): Promise<RunLog> {
		const log = await RunLog.claim(this.#runId, this.#options);
		if (log === undefined) {
			throw new SSEError("ERR_SSE_RUN_OVER", `The run ${this.#runId} has another producer`);
		}
		log.signal.addEventListener("abort", () => this.abortController.abort(log.signal.reason));
		return log;
	}
}

/** The first sequence to read. */
function fromOf(offset: string, { id, attempt, sequence, state }: RunStatus): number {
	if (offset === "-1") return 1;
	// The end itself is read in any case.
	if (offset === "now") return state === "running" ? sequence + 1 : sequence;
	const cursor = parseRunCursor(offset);
	if (cursor?.attempt !== attempt || cursor.sequence > sequence) throw unknownError(id);
	return cursor.sequence + 1;
}

/** @throws if the run did not end on its own, so that its reader learns that the rest is missing */
function checkEnd(end: RunEntry | undefined): void {
	if (end?.end === undefined || end.end === "done") return;
	const reason = endReasonOf(end);
	// Its last chunk has already said so.
	if (end.end === "failed" && reason === RUN_ERROR) return;
	throw new SSEError(
		"ERR_SSE_RUN_OVER",
		`The run ended: ${end.end}${reason === undefined ? "" : `, ${reason}`}`,
	);
}

function unknownError(id: string): SSEError {
	return new SSEError(
		"ERR_SSE_RUN_UNKNOWN",
		`There is no run ${id.slice(0, 80)} with this position, or it is no longer kept`,
	);
}

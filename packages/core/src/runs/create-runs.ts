/**
 * Runs: answers that outlive their connection. Starts and cancels runs, and on close ends those of this process.
 */
import { guarded } from "../checks/callback.js";
import { invalid, SSEError } from "../checks/errors.js";
import { RunDiagnostics } from "../diagnostics/run-diagnostics.js";
import { within } from "../pacing/timeout.js";
import { createSSEService } from "../service/node-service.js";
import type { SSEService } from "../service/service-types.js";
import type { SSEConnection } from "../types/connection.js";
import { Fold } from "./fold.js";
import { createMemoryRunStore } from "./memory-run-store.js";
import { Producer, type ProducerRules } from "./producer.js";
import { adoptReleased } from "./run-adoption.js";
import { closedError } from "./run-end.js";
import { encodeEntry } from "./run-entry.js";
import { checkCount, checkReason, checkRunId } from "./run-id.js";
import { newMark } from "./run-mark.js";
import { RunReaders } from "./run-readers.js";
import { produce } from "./run-source.js";
import type { RunStatus } from "./run-store.js";
import type {
	CloseRunsOptions,
	FetchRunReader,
	FollowOptions,
	Run,
	RunProducer,
	RunReader,
	Runs,
	RunsOptions,
	StartedRun,
} from "./run-types.js";
import { type ResolvedRunsOptions, resolveClosing, resolveRunsOptions } from "./runs-options.js";
import { WriteQueue } from "./write-queue.js";

/** Events of one run that may be queued for the store. */
const MAX_PENDING = 10_000;
const SNAPSHOT_EVERY = 500;
/** How long `close` waits until the store has the ends of the runs that it fails. */
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * Creates runs for this process or, with a shared store, for all processes.
 *
 * @throws `ERR_SSE_INVALID_OPTION`
 */
export function createRuns<State>(options: RunsOptions<State> = {}): Runs {
	return new ProcessRuns(resolveRunsOptions(options));
}

class ProcessRuns implements Runs {
	readonly #options: ResolvedRunsOptions;
	readonly #onError;
	readonly #rules: ProducerRules;
	readonly #store;
	/** Created here if none was passed. */
	readonly #ownService: SSEService | undefined;
	readonly #diagnostics = new RunDiagnostics(this);
	readonly #queue: WriteQueue;
	/** By attempt. */
	readonly #producers = new Map<string, Producer>();
	readonly #readers: RunReaders;
	readonly #stopListening: () => void;
	readonly #stopAdopting: () => Promise<void>;
	/** Claims that the store has not answered yet. */
	readonly #claims = new Set<Promise<unknown>>();
	#closing: Promise<void> | undefined;
	#isClosed = false;

	constructor(options: ResolvedRunsOptions) {
		const { leaseMs, ttlMs, maxRuns, maxEvents, maxLength, batchMs } = options;
		this.#options = options;
		this.#onError = guarded(options.onError);
		this.#rules = {
			leaseMs,
			ttlMs,
			maxRuns,
			maxEvents,
			maxLength,
			maxPending: MAX_PENDING,
			snapshotEvery: SNAPSHOT_EVERY,
		};
		this.#store = options.store ?? createMemoryRunStore();
		this.#ownService = options.service === undefined ? createSSEService() : undefined;
		this.#readers = new RunReaders({
			store: this.#store,
			service: options.service ?? (this.#ownService as SSEService),
			fold: options.fold,
			codec: options.codec,
			diagnostics: this.#diagnostics,
			onError: (error, id) => this.#report(error, id),
		});
		this.#queue = new WriteQueue(this.#store, batchMs, this.#producers);
		this.#stopListening = this.#store.onCancelled((attempt) => {
			const producer = this.#producers.get(attempt);
			producer?.stop(new SSEError("ERR_SSE_RUN_OVER", `The run ${producer.id} was cancelled`));
		});
		this.#stopAdopting = this.#adopt();
	}

	async start(id: string, producer: RunProducer): Promise<StartedRun> {
		checkRunId(id);
		if (typeof producer !== "function") {
			throw invalid("ERR_SSE_INVALID_SOURCE", "The producer must be a function", producer);
		}
		if (this.#closing !== undefined) throw closedError();
		const { fold } = this.#options;
		// Before the claim, because `initial` may throw.
		const state = fold && new Fold(fold);
		const claim = this.#store.claim(id, this.#rules);
		this.#claims.add(claim);
		const { status, isOwn } = await claim.finally(() => this.#claims.delete(claim));
		if (this.#isClosed) throw closedError();
		if (isOwn) this.#produce(status, state, producer);
		return { id, isOwn, status };
	}

	follow(id: string, reader: FetchRunReader, options?: FollowOptions): Promise<Response>;
	follow(
		id: string,
		reader: RunReader,
		options?: FollowOptions,
	): Promise<SSEConnection | undefined>;
	async follow(
		id: string,
		reader: FetchRunReader | RunReader,
		options: FollowOptions = {},
	): Promise<Response | SSEConnection | undefined> {
		checkRunId(id);
		if (this.#isClosed) throw closedError();
		return this.#readers.follow(id, reader, options);
	}

	async cancel(id: string, reason?: string): Promise<boolean> {
		return this.#store.cancel(checkRunId(id), checkReason(reason), this.#options.ttlMs);
	}

	async status(id: string): Promise<RunStatus | undefined> {
		return this.#store.settle(checkRunId(id));
	}

	async list(limit = 100): Promise<RunStatus[]> {
		return this.#store.list(checkCount(limit));
	}

	async close(options: CloseRunsOptions = {}): Promise<void> {
		const { drainMs, unfinished } = resolveClosing(options);
		this.#closing ??= this.#close(drainMs, unfinished === "handOver");
		return this.#closing;
	}

	async #close(drainMs: number, isHandOver: boolean): Promise<void> {
		await this.#stopAdopting();
		const claims = Promise.allSettled(this.#claims);
		await within(CLOSE_TIMEOUT_MS, claims, "A claim").catch(() => {});
		const producers = [...this.#producers.values()];
		const ended = Promise.all(producers.map((producer) => producer.ended));
		if (drainMs > 0) await within(drainMs, ended, "The end of the runs").catch(() => {});
		// The readers of these receive an end.
		const attempts = new Set(producers.map(({ attempt }) => attempt));
		for (const producer of this.#producers.values()) {
			if (isHandOver && producer.release()) attempts.delete(producer.attempt);
			else producer.end("failed", "shutdown");
			producer.stop(closedError());
		}
		const read = ended.then(() => this.#readers.over(attempts));
		await within(CLOSE_TIMEOUT_MS, read, "The end of the runs").catch((error: unknown) =>
			this.#report(error, undefined),
		);
		this.#isClosed = true;
		this.#stopListening();
		this.#readers.close();
		await this.#ownService?.close();
		await this.#store.close();
	}

	#adopt(): () => Promise<void> {
		const { resume, fold } = this.#options;
		if (resume === undefined) return async () => {};
		return adoptReleased({
			store: this.#store,
			rules: this.#rules,
			fold,
			onAdopted: (status, state) => {
				const from = { state: state?.copy(), sequence: status.sequence };
				this.#produce(status, state, (run) => resume(run, from));
			},
			onError: (error, id) => this.#report(error, id),
		});
	}

	#produce(status: RunStatus, fold: Fold | undefined, make: (run: Run) => unknown): void {
		const mark = newMark(status);
		const producer = new Producer(status, {
			queue: this.#queue,
			rules: this.#rules,
			fold,
			encode: (data, options) => encodeEntry(data, options, mark),
			onError: (error) => this.#report(error, status.id),
		});
		this.#producers.set(status.attempt, producer);
		const onEnd = this.#diagnostics.started(status);
		void producer.ended.then((end) => {
			// A failover may have lost that this process took the run over, and it did so again.
			if (this.#producers.get(status.attempt) === producer) this.#producers.delete(status.attempt);
			onEnd(end);
		});
		const run: Run = {
			id: status.id,
			signal: producer.signal,
			send: (data, options) => producer.send(data, options),
		};
		void produce(make, run).then(
			() => producer.end("done"),
			(error: unknown) => {
				// A stopped producer only reports that it was stopped.
				if (!producer.signal.aborted) this.#report(error, status.id);
				producer.end("failed", "error");
			},
		);
	}

	#report(error: unknown, id: string | undefined): void {
		this.#diagnostics.failed(error, id);
		this.#onError(error, { id });
	}
}

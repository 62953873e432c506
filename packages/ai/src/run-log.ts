/**
 * A run as a log that another library writes: appends entries in order, and renews the lease between them, so that a run whose
 * process dies fails while one whose model thinks does not.
 */
import { SSEError } from "sse-service/engine";
import {
	AttemptWriter,
	endEntry,
	type RunEntry,
	type RunOutcome,
	type RunStatus,
} from "sse-service/runs";
import type { ResolvedLogOptions } from "./log-options.js";

/** How many times the lease is renewed within its length. */
const RENEWALS = 3;

export class RunLog {
	readonly status: RunStatus;
	readonly #options: ResolvedLogOptions;
	/** Resolves when the run is over, or no longer that of this log. */
	readonly over: Promise<void>;
	readonly #stopped = new AbortController();
	#isOver = false;
	#onOver: () => void = () => {};
	readonly #stopListening: () => void;
	readonly #renewing: ReturnType<typeof setInterval>;
	/** Writes, one after the other. */
	#writing: Promise<unknown> = Promise.resolve();
	readonly #writer: AttemptWriter;

	constructor(status: RunStatus, options: ResolvedLogOptions) {
		this.status = status;
		this.#options = options;
		const { store, leaseMs, ttlMs, maxRuns } = options;
		this.#writer = new AttemptWriter(store, status, { leaseMs, ttlMs, maxRuns });
		this.over = new Promise((resolve) => {
			this.#onOver = resolve;
		});
		this.#stopListening = options.store.onCancelled((attempt) => {
			if (attempt === status.attempt) this.#stop();
		});
		let renewal: Promise<void> | undefined;
		this.#renewing = setInterval(() => {
			// One at a time: while a store is slow, entries would wait behind all of them.
			if (renewal !== undefined) return;
			renewal = this.#inOrder(() => this.#write([]))
				.catch((error: unknown) => {
					if (!this.#isOver) options.onError(error);
				})
				.then(() => {
					renewal = undefined;
				});
		}, options.leaseMs / RENEWALS);
		this.#renewing.unref();
	}

	/** Claims the run. @returns `undefined` if it has another producer */
	static async claim(id: string, options: ResolvedLogOptions): Promise<RunLog | undefined> {
		const { status, isOwn } = await options.store.claim(id, options);
		return isOwn ? new RunLog(status, options) : undefined;
	}

	/** Aborts when something else than `end` ends the run: it was cancelled, it has lost its lease, or it is too long. */
	get signal(): AbortSignal {
		return this.#stopped.signal;
	}

	/**
	 * @returns the sequence of the first of the entries
	 * @throws (rejects) `ERR_SSE_RUN_OVER`, `ERR_SSE_RUN_LIMIT`, and what the store rejects with
	 */
	append(entries: readonly RunEntry[]): Promise<number> {
		return this.#inOrder(async () => {
			const { sequence, length: before } = this.#writer;
			const length = entries.reduce((sum, { data }) => sum + data.length, before);
			const { maxEvents, maxLength } = this.#options;
			if (length > maxLength || sequence + entries.length > maxEvents) {
				await this.#write([endEntry("failed", "limit")]);
				this.#stop();
				throw new SSEError("ERR_SSE_RUN_LIMIT", `The run ${this.status.id} is too long`);
			}
			await this.#write(entries);
			return this.#writer.sequence - entries.length + 1;
		});
	}

	/** Ends the run. @returns false if it was already over */
	end(outcome: RunOutcome, reason?: string): Promise<boolean> {
		return this.#inOrder(async () => {
			if (this.#isOver) return false;
			try {
				await this.#write([endEntry(outcome, reason)]);
				return true;
			} catch (error) {
				if (this.#isOver) return false;
				throw error;
			} finally {
				this.#finish();
			}
		});
	}

	#inOrder<T>(write: () => Promise<T>): Promise<T> {
		const written = this.#writing.then(write);
		this.#writing = written.catch(() => {});
		return written;
	}

	async #write(entries: readonly RunEntry[]): Promise<void> {
		if (!this.#isOver && (await this.#writer.write(entries))) return;
		this.#stop();
		throw this.signal.reason;
	}

	#stop(): void {
		this.#finish();
		const { id } = this.status;
		this.#stopped.abort(new SSEError("ERR_SSE_RUN_OVER", `The run ${id} is over: stop producing`));
	}

	#finish(): void {
		this.#isOver = true;
		clearInterval(this.#renewing);
		this.#stopListening();
		this.#onOver();
	}
}

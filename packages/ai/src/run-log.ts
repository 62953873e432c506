/**
 * A run as a log that another library writes: appends entries in order, and renews the lease between them, so that a run whose
 * process dies fails while one whose model thinks does not.
 */
import { SSEError } from "sse-service/engine";
import { endEntry, type RunEntry, type RunOutcome, type RunStatus } from "sse-service/runs";
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
	/** The sequence of the newest entry; `undefined` after a call of which nobody knows whether the store received it. */
	#sequence: number | undefined = 0;
	#length = 0;

	constructor(status: RunStatus, options: ResolvedLogOptions) {
		this.status = status;
		this.#options = options;
		this.over = new Promise((resolve) => {
			this.#onOver = resolve;
		});
		this.#stopListening = options.store.onCancelled((attempt) => {
			if (attempt === status.attempt) this.#stop();
		});
		this.#renewing = setInterval(() => {
			this.#inOrder(() => this.#write([])).catch((error: unknown) => {
				if (!this.#isOver) options.onError(error);
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
			const length = entries.reduce((sum, { data }) => sum + data.length, this.#length);
			const { maxEvents, maxLength } = this.#options;
			if (length > maxLength || (this.#sequence ?? 0) + entries.length > maxEvents) {
				await this.#write([endEntry("failed", "limit")]);
				this.#stop();
				throw new SSEError("ERR_SSE_RUN_LIMIT", `The run ${this.status.id} is too long`);
			}
			this.#length = length;
			return (await this.#write(entries)) - entries.length + 1;
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

	/** @returns the sequence of the newest entry */
	async #write(entries: readonly RunEntry[]): Promise<number> {
		const { store, leaseMs, ttlMs, maxRuns } = this.#options;
		const { id, attempt, term } = this.status;
		let sequence: number | undefined;
		if (!this.#isOver) {
			// Nobody else appends to this attempt, so its end is where this log stands.
			const after = this.#sequence ?? (await store.settle(id))?.sequence ?? 0;
			const rules = { leaseMs, ttlMs, maxRuns };
			this.#sequence = undefined;
			[sequence] = await store.write([{ id, attempt, term, after, entries, rules }]);
		}
		if (sequence === undefined) {
			this.#stop();
			throw this.signal.reason;
		}
		this.#sequence = sequence;
		return sequence;
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

/**
 * A run store: where runs are kept, so that every process can read, follow and cancel each of them. A run is one short
 * stream with one producer at a time and an end. Only who follows a run is given its entries.
 */

/** One event of a run, as encoded on the wire, or its end, which is its last entry. */
export interface RunEntry {
	/** The event type; `undefined` is `message`. */
	readonly event?: string | undefined;
	readonly data: string;
	readonly end?: RunOutcome | undefined;
}

/**
 * How a run ended: `done`, its producer had said all; `failed`, it threw, its process died, or it came to a limit;
 * `cancelled`, somebody stopped it.
 */
export type RunOutcome = "done" | "failed" | "cancelled";

/** What is known of a run. */
export interface RunStatus {
	readonly id: string;
	/** Names this go at the run. A run that is started again after its end has another. */
	readonly attempt: string;
	readonly state: "running" | RunOutcome;
	/** Why it failed or was cancelled. */
	readonly reason: string | undefined;
	/** The sequence of the newest entry. The first is 1. */
	readonly sequence: number;
	/** Of the data of all entries, in characters. */
	readonly length: number;
	/** In milliseconds since the epoch, by the store's clock. */
	readonly startedAt: number;
	readonly endedAt: number | undefined;
	/** What is left of the lease, in milliseconds; 0 once the run is over. */
	readonly leaseLeftMs: number;
}

export interface ClaimRules {
	/** From when on a producer that says nothing is taken for dead, in milliseconds. */
	readonly leaseMs: number;
	/** How long a run is kept after its end, and after its lease, in milliseconds. */
	readonly ttlMs: number;
	/** How many runs the store may keep; at the limit a claim is rejected with `ERR_SSE_MAX_RUNS`. */
	readonly maxRuns: number;
}

/** The state of a fold after an entry. */
export interface RunSnapshot {
	readonly sequence: number;
	/** JSON. */
	readonly state: string;
}

/** What a producer adds to its run; without entries it renews the lease. */
export interface RunWrite {
	readonly id: string;
	readonly attempt: string;
	/** The sequence of the newest entry before these. A store that has gone beyond it has had this write already. */
	readonly after: number;
	/** None comes after one with `end`. */
	readonly entries: readonly RunEntry[];
	readonly snapshot?: RunSnapshot | undefined;
	readonly rules: ClaimRules;
}

/** What one process asks of the place where runs are kept. Every method may reject; a rejected call has no effect, or all of it. */
export interface RunStore {
	/**
	 * Begin a run, if there is none of this id that is running. MUST be atomic over all processes.
	 *
	 * @returns the new run's status, and whether it is the caller who has to produce it
	 */
	claim(
		id: string,
		rules: ClaimRules,
	): Promise<{ readonly status: RunStatus; readonly isOwn: boolean }>;

	/**
	 * Append to runs, each renewing its lease. MUST refuse an attempt that is over, or whose lease is: a producer that was
	 * paused and wakes up must not write. A write that is made again MUST be answered as the first time, and add nothing.
	 *
	 * @returns for each, in order, the sequence of its newest entry, or `undefined` when it was refused
	 */
	write(writes: readonly RunWrite[]): Promise<readonly (number | undefined)[]>;

	/** End a run that is running, as `cancelled`. @returns whether it was running */
	cancel(id: string, reason: string | undefined, ttlMs: number): Promise<boolean>;

	/**
	 * The status. MUST end a run whose lease is over as `failed`, reason `lost`, before answering.
	 *
	 * @returns `undefined` for a run that there is not, or is kept no more
	 */
	settle(id: string): Promise<RunStatus | undefined>;

	/**
	 * Entries of an attempt from a sequence on, itself included, at most `limit`, in order.
	 *
	 * @returns `undefined` when the attempt is kept no more
	 */
	read(
		id: string,
		attempt: string,
		from: number,
		limit: number,
	): Promise<readonly RunEntry[] | undefined>;

	/** The newest snapshot of an attempt. */
	snapshot(id: string, attempt: string): Promise<RunSnapshot | undefined>;

	/**
	 * Call `onChange` whenever entries of an attempt may have come since the last `read`. @returns a function that stops it
	 */
	watch(run: Pick<RunStatus, "id" | "attempt">, onChange: () => void): () => void;

	/** Call `listener` with the attempts that were cancelled, by whichever process. @returns a function that stops it */
	onCancelled(listener: (attempt: string) => void): () => void;

	/** The newest runs first. */
	list(limit: number): Promise<RunStatus[]>;

	/** Let go of what this process holds. Runs stay. */
	close(): Promise<void>;
}

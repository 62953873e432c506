/**
 * A run store: where runs are kept, so that every process can read, follow and cancel each of them. A run is one short
 * stream with one producer at a time and an end. Only followers of a run receive its entries.
 */

/** One event of a run, as encoded on the wire, or its end, which is its last entry. */
export interface RunEntry {
	/** The event type; `undefined` is `message`. */
	readonly event?: string | undefined;
	readonly data: string;
	readonly end?: RunOutcome | undefined;
	/** Set by a producer that has taken the run over, and returned as it was written: see `RunCursor`. */
	readonly mark?: string | undefined;
}

/**
 * How a run ended: `done`: its producer completed; `failed`: its producer threw, its process died, or it reached a limit;
 * `cancelled`: it was stopped by a call of `cancel`.
 */
export type RunOutcome = "done" | "failed" | "cancelled";

/** The status of a run. */
export interface RunStatus {
	readonly id: string;
	/** Identifies this attempt. A run that is started again after its end gets a new one. */
	readonly attempt: string;
	/** Tells the producers of this attempt: 1 for the first, and a greater one for each that has taken it over: see `newTermAfter`. */
	readonly term: number;
	/** Whether its producer has handed it over, and no other has taken it yet. */
	readonly isReleased: boolean;
	readonly state: "running" | RunOutcome;
	/** Why it failed or was cancelled. */
	readonly reason: string | undefined;
	/** The sequence of the newest entry. The first is 1. */
	readonly sequence: number;
	/** The total length of the data of all entries, in characters. */
	readonly length: number;
	/** In milliseconds since the epoch, by the store's clock. */
	readonly startedAt: number;
	readonly endedAt: number | undefined;
	/** The remaining time of the lease, in milliseconds; 0 once the run is over. */
	readonly leaseLeftMs: number;
}

export interface ClaimRules {
	/** How long a producer may be silent before it counts as dead, in milliseconds. */
	readonly leaseMs: number;
	/** How long a run is kept after its end, and after its lease, in milliseconds. */
	readonly ttlMs: number;
	/** How many runs the store may keep; at the limit a claim is rejected with `ERR_SSE_MAX_RUNS`. */
	readonly maxRuns: number;
}

/** The state of a fold after an entry. */
export interface RunSnapshot {
	readonly sequence: number;
	/** The state, as JSON. */
	readonly state: string;
}

/** What a producer adds to its run; without entries it renews the lease. */
export interface RunWrite {
	readonly id: string;
	readonly attempt: string;
	/** The producer's term, from its status. */
	readonly term: number;
	/** The sequence of the newest entry before these. A store beyond it has already received this write. */
	readonly after: number;
	/** No entry follows one with `end`. */
	readonly entries: readonly RunEntry[];
	readonly snapshot?: RunSnapshot | undefined;
	/** The producer's last write: another one may {@link RunStore.adopt} the run. */
	readonly release?: boolean | undefined;
	readonly rules: ClaimRules;
}

/** The interface of a store to one process. Every method may reject; a rejected call has had either no effect or its full effect. */
export interface RunStore {
	/**
	 * Starts a run, if none with this id is running. MUST be atomic across all processes.
	 *
	 * @returns the run's status, and whether the caller has to produce it
	 */
	claim(
		id: string,
		rules: ClaimRules,
	): Promise<{ readonly status: RunStatus; readonly isOwn: boolean }>;

	/**
	 * Takes over a released run. MUST be atomic across all processes.
	 *
	 * @returns the run's status, with a new term, or `undefined` if it is not this attempt, not released, or over
	 */
	adopt(id: string, attempt: string, rules: ClaimRules): Promise<RunStatus | undefined>;

	/**
	 * Appends to runs and renews their leases. MUST refuse an attempt that is over, of another term, or whose lease has expired,
	 * because a paused producer that wakes up must not write. A repeated write MUST return the first answer and add nothing. One
	 * without entries may arrive after later ones: it MUST then change nothing, and return the sequence of the newest entry.
	 *
	 * @returns for each write, in order, the sequence of its newest entry, or `undefined` if it was refused
	 */
	write(writes: readonly RunWrite[]): Promise<readonly (number | undefined)[]>;

	/** Ends a running run as `cancelled`. @returns whether it was running */
	cancel(id: string, reason: string | undefined, ttlMs: number): Promise<boolean>;

	/**
	 * Returns the status. MUST first end a run whose lease has expired as `failed`, with reason `lost`.
	 *
	 * @returns `undefined` for a run that does not exist or is no longer kept
	 */
	settle(id: string): Promise<RunStatus | undefined>;

	/**
	 * Returns entries of an attempt from a sequence (inclusive), in order: at least one if there are any, and at most `limit`.
	 * SHOULD return fewer when they are large, about 64 Ki characters together: a reader whose client does not read holds them.
	 * Once `settle` has said that the attempt is over, MUST know of all entries: none means that they are no longer kept.
	 *
	 * @returns `undefined` if the attempt is no longer kept
	 */
	read(
		id: string,
		attempt: string,
		from: number,
		limit: number,
	): Promise<readonly RunEntry[] | undefined>;

	/** Returns the newest snapshot of an attempt. */
	snapshot(id: string, attempt: string): Promise<RunSnapshot | undefined>;

	/**
	 * Calls `onChange` whenever new entries of an attempt may have arrived since the last `read`. @returns a function that stops it
	 */
	watch(run: Pick<RunStatus, "id" | "attempt">, onChange: () => void): () => void;

	/** Calls `listener` with each cancelled attempt, whichever process cancelled it. @returns a function that stops it */
	onCancelled(listener: (attempt: string) => void): () => void;

	/**
	 * Calls `listener` with each released run, once or more: those of now, and all later ones. The lease ends those that nobody
	 * adopts.
	 *
	 * @returns a function that stops it
	 */
	onReleased(listener: (run: Pick<RunStatus, "id" | "attempt">) => void): () => void;

	/** Returns runs, newest first. */
	list(limit: number): Promise<RunStatus[]>;

	/** Releases what this process holds. Runs stay. */
	close(): Promise<void>;
}

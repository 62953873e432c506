/**
 * What is kept for clients that reconnect, and how a reconnect turned out. Types only: nothing here runs.
 */
/** How much of what was sent is kept, whichever is reached first. Positive integers, or `Infinity`. */
export interface HistoryLimits {
	/** Default 10,000. */
	readonly maxEvents?: number | undefined;
	/** Bytes in memory: those of the events, and about 520 for each (720 to a client, 900 with a key). Default 16 MiB. */
	readonly maxBytes?: number | undefined;
	/** Milliseconds. Default 300,000, five minutes. */
	readonly maxAgeMs?: number | undefined;
}

/** The same for one group, on its own. What is not told is as for the service. */
export interface GroupHistory extends HistoryLimits {
	/**
	 * Keep the newest event of each `key`, and nothing else, and give these to whoever comes to the group, first of all. An
	 * event without a key replaces the last one without. `maxAgeMs` is then `Infinity` unless told. Default false.
	 *
	 * Beyond `maxEvents` keys, or `maxBytes`, the ones that were sent longest ago are dropped, and a newcomer is given a part of the
	 * state: make the limits larger than the state. An event with `ttlMs` vanishes from it when that is over.
	 */
	readonly latest?: boolean | undefined;
}

export interface HistoryOptions extends HistoryLimits {
	/** Groups that are kept apart, by name. */
	readonly groups?: { readonly [group: string]: GroupHistory } | undefined;
}

/**
 * Why events that a client should have had cannot be given to it.
 * - `expired`: they are not kept any more.
 * - `epoch`: the log has begun anew, as it does with the process when it is in memory.
 * - `diverged`: the log has no such position.
 * - `invalid`: the last event ID is none of ours.
 * - `slow`: the client did not read, and the slow policy dropped them.
 */
export type GapReason = "expired" | "epoch" | "diverged" | "invalid" | "slow";

/** How a client came back. */
export type ResumeOutcome = "replayed" | "recovered" | GapReason;

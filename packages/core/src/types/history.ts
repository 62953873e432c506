/**
 * What a service keeps for clients that reconnect, and how a reconnect turned out. Types only: nothing here runs.
 */

/** How much is kept; the limit that is reached first applies. Positive integers, or `Infinity`. */
export interface HistoryLimits {
	/** The most events. Default 10,000. */
	readonly maxEvents?: number | undefined;
	/**
	 * The most bytes in memory: each event counts its own plus about 520 (720 for one client, 900 with a key) and its names. An
	 * event that is larger by itself is sent but not kept: clients that missed it receive a gap. Default 16 MiB.
	 */
	readonly maxBytes?: number | undefined;
	/** The greatest age, in ms. Default 300,000 (five minutes). */
	readonly maxAgeMs?: number | undefined;
}

/** Separate limits for one group, or for all groups of a pattern together. Limits that are omitted default to those of the service. */
export interface GroupHistory extends HistoryLimits {
	/**
	 * Keeps only the newest event of each `key`, and sends these first to every connection that enters the group. An event
	 * without a key replaces the last one without. `maxAgeMs` then defaults to `Infinity`. Default false.
	 *
	 * Beyond `maxEvents` keys or `maxBytes`, the ones sent longest ago are dropped, and a new connection receives only a part of
	 * the state: make the limits larger than the state. An event is dropped when its `ttlMs` is over.
	 */
	readonly latest?: boolean | undefined;
}

/** What the option `history` accepts besides a boolean. */
export interface HistoryOptions extends HistoryLimits {
	/**
	 * Groups with their own limits, by name, so that a busy group does not push out a quiet one. A name that ends with `*` is a
	 * pattern: `"job:*"` is for all groups that begin with `job:`, and `"*"` for all groups. A group's own name takes precedence over
	 * a pattern, and a longer pattern over a shorter one. The limits of a pattern are for all of its groups together: with `latest`,
	 * `maxEvents` bounds their number, and the events sent longest ago go first. A `*` elsewhere throws `ERR_SSE_INVALID_OPTION`.
	 */
	readonly groups?: { readonly [group: string]: GroupHistory } | undefined;
}

/**
 * Why a client cannot receive the events that it missed.
 * - `expired`: they are no longer kept.
 * - `epoch`: the log was recreated since then; one in memory is, with its process.
 * - `diverged`: the log has no such position.
 * - `invalid`: the last event ID is not from this library.
 * - `slow`: the client did not read, and the slow policy dropped them.
 */
export type GapReason = "expired" | "epoch" | "diverged" | "invalid" | "slow";

/** How a reconnect turned out. */
export type ResumeOutcome = "replayed" | "recovered" | GapReason;

/**
 * A violation: something that must not happen, and did.
 */
import type { Received } from "./received.js";

export type Rule =
	/** An event that nobody sent. */
	| "unknown"
	/** An event that was for others. */
	| "foreign"
	| "twice"
	| "order"
	/** An event that is neither there nor covered by a gap. */
	| "missed"
	/** The log is another than before, and no gap says so. */
	| "continuity"
	/** It does not have the newest event of a key. */
	| "state"
	/** An id without the application's own in it, or with another. */
	| "id"
	/** A gap that nothing explains. */
	| "gap"
	/** What was acknowledged, or sent to different readers, does not fit together. */
	| "log"
	/** It was not sent what it should have been in time. */
	| "live"
	/** A process does not list who is connected. */
	| "presence"
	/** A process did not say how it is. */
	| "health";

export interface Violation {
	readonly rule: Rule;
	readonly reader: string;
	readonly what: string;
	/** What it received before, the offending last. */
	readonly before: readonly Received[];
}

/** What is wrong with one thing that a reader received. */
export type Problem = readonly [rule: Rule, what: string];

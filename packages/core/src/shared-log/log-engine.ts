/**
 * An engine: what keeps a log for several processes. It knows nothing of events: text in, text out.
 */
import type { Position } from "../wire/cursor.js";

/** One text of the log. */
export interface Stored {
	/** 1, 2, 3, …: no number is left out. */
	readonly sequence: number;
	/**
	 * A number below 2^32, in base 36. It MUST prove the whole log up to here: the same tag at the same sequence means the same
	 * texts before it. The tag of `Storing` does that in an engine that stores each append at most once. An engine that sends an
	 * unanswered append again MUST mix the tag before into this one: after a failover the second attempt may follow other texts.
	 */
	readonly tag: string;
	/** The tag of `Storing`, if `tag` is another one. */
	readonly ownTag?: string | undefined;
	/** The tag of the one before, `"0"` for the first, where the engine can tell: proof that nothing was lost or exchanged between. */
	readonly previousTag?: string | undefined;
	/** When it was stored, in milliseconds since 1970, by the engine's clock. */
	readonly at: number;
	readonly text: string;
}

/** A text on its way into the log. */
export interface Storing {
	readonly text: string;
	/** A random number below 2^32, in base 36, made for this append. */
	readonly tag: string;
	/** Given back in the answer to a repeated idempotency key. */
	readonly ownId?: string | undefined;
	/** Where it is known, nothing is stored. */
	readonly idempotencyKey?: string | undefined;
	/** Keep it besides as the newest of this key in this group, whatever becomes of the log. At most `max` keys: the oldest go first. */
	readonly latest?:
		| { readonly group: string; readonly key: string; readonly max: number }
		| undefined;
}

export interface StoredAt extends Position {
	readonly ownId?: string | undefined;
	/** False: its idempotency key was known, and this is what it was stored as then. */
	readonly isNew: boolean;
}

/** The newest position of a log. */
export interface Newest extends Position {
	/**
	 * The engine's clock when it answered, in milliseconds since 1970. With it, events expire (`ttlMs`, `maxAgeMs`) by the clock that
	 * dated them. Without it, the clocks of all processes must agree with the engine's.
	 */
	readonly now?: number | undefined;
}

export interface LogEngine {
	/** As messages call it. */
	readonly name: string;

	/**
	 * Connect what is its own, check what is there, make what is missing. Called again, after a pause, when it rejects.
	 *
	 * @param warn told what an operator should know
	 * @throws (rejects) `ERR_SSE_LOG_VERSION` when what is there is of another format
	 */
	open(warn: (message: string) => void): Promise<void>;

	/** The position of the newest text, read from the primary. In an empty log: sequence 0, with tag `"0"`. */
	newest(): Promise<Newest>;

	/**
	 * Append in the order given, each with its own answer: the error `ERR_SSE_INVALID_DATA` for an entry that can never be stored,
	 * any other error for one that may be stored later. Rejects when the engine has answered none.
	 */
	append(entries: readonly Storing[]): Promise<readonly (StoredAt | Error)[]>;

	/** Read up to `limit` texts from a sequence (inclusive), in order, from the primary. Skips what is no longer kept. */
	read(from: number, limit: number): Promise<readonly Stored[]>;

	/**
	 * Deliver the texts after a sequence, in order, as they are stored, on a connection of its own. Resolves when `signal` aborts.
	 *
	 * MUST call `take` once as soon as the engine delivers, with an empty list if nothing is there: until then the log counts as
	 * unavailable. MUST reject as soon as the connection breaks or stalls, and MUST NOT reconnect: the core first proves that
	 * nothing was lost.
	 */
	follow(
		after: number,
		take: (stored: readonly Stored[]) => void,
		signal: AbortSignal,
	): Promise<void>;

	/** The newest of each key of a group, in order. */
	latest(group: string): Promise<readonly Stored[]>;

	/** What is to be done from time to time. */
	tidy?(): Promise<void>;

	/** Put up a small text under a name, for `ttlMs` milliseconds, in the place of the one before. */
	post(name: string, text: string, ttlMs: number): Promise<void>;

	/** All that is up now, by name. */
	posted(): Promise<ReadonlyMap<string, string>>;

	/** Close what is its own. */
	close(): Promise<void>;
}

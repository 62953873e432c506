/**
 * An engine: keeps a log for several processes. It knows nothing of events: text in, text out. What it MUST do is in
 * `docs/writing-an-engine.md`.
 */
import type { Position } from "../wire/cursor.js";

/** One text of the log. */
export interface Stored {
	/** 1, 2, 3, … without holes. */
	readonly sequence: number;
	/**
	 * A number below 2^32, in base 36. It MUST prove the whole log up to here: the same tag at the same sequence means the same
	 * texts before it. The tag of `Storing` does that in an engine that stores each append at most once. An engine that sends an
	 * unanswered append again MUST mix the tag before into this one: after a failover the second attempt may follow other texts.
	 */
	readonly tag: string;
	/** The tag of `Storing`, if `tag` is another one. */
	readonly ownTag?: string | undefined;
	/** The tag of the text before, `"0"` for the first, if the engine knows it: proof that nothing was lost or exchanged in between. */
	readonly previousTag?: string | undefined;
	/** When the text was stored, in ms since the epoch, by the engine's clock. */
	readonly at: number;
	readonly text: string;
}

/** A text on its way into the log. */
export interface Storing {
	readonly text: string;
	/** A random number below 2^32, in base 36, made for this append. */
	readonly tag: string;
	/** Returned in the answer to a repeated idempotency key. */
	readonly ownId?: string | undefined;
	/** If this key is already known, nothing is stored. */
	readonly idempotencyKey?: string | undefined;
	/** Also keep the text as the newest of this key in this group, whatever is trimmed from the log. At most `max` keys: the oldest are dropped first. Groups of a pattern are kept under its name. */
	readonly latest?:
		| { readonly group: string; readonly key: string; readonly max: number }
		| undefined;
}

/** Where a text was stored. */
export interface StoredAt extends Position {
	readonly ownId?: string | undefined;
	/** False if the idempotency key was already known: this is then the position of the first text. */
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

/** The methods that an engine implements. Obligations: `docs/writing-an-engine.md`. */
export interface LogEngine {
	/** The name in error messages, for example "Redis". */
	readonly name: string;

	/**
	 * Connects, checks what is there, and creates what is missing. Called again, after a pause, if it rejects.
	 *
	 * @param warn receives a sentence for each setting that an operator should change
	 * @throws (rejects) `ERR_SSE_LOG_VERSION` if the log has another format
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

	/** Returns the newest text of each key of a group, in the order of the log, from the primary. */
	latest(group: string): Promise<readonly Stored[]>;

	/** Maintenance. Called from time to time, in every process. */
	tidy?(): Promise<void>;

	/** Stores a small text under a name for `ttlMs` milliseconds, replacing the one before. */
	post(name: string, text: string, ttlMs: number): Promise<void>;

	/** Returns all texts of `post` that have not expired, by name. */
	posted(): Promise<ReadonlyMap<string, string>>;

	/** Closes what the engine opened. */
	close(): Promise<void>;
}

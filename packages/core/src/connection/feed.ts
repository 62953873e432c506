/**
 * A feed: what a connection receives before its live events, at the pace of its reader.
 */
import { Context } from "../pacing/context.js";
import { within } from "../pacing/timeout.js";
import type { ResumeOutcome } from "../types/history.js";
import type { Position } from "../wire/cursor.js";
import type { Frame } from "../wire/frame.js";
import { isPromiseLike } from "./iterators.js";

/**
 * Yields frames, in order, several at a time, and promises. Each promise is awaited, and its value is passed back or its
 * rejection thrown.
 */
export type Steps<Result = void> = Generator<readonly Frame[] | Promise<unknown>, Result, unknown>;

export type FeedSource = Steps;

/** The position at which a replay ends. Later events reach the connection live. */
export interface Goal {
	/** Replaced if the log breaks, or more waits than may, before the replay has ended. */
	upTo: Position;
	/** Whether it has moved since the replay last looked. */
	isMoved: boolean;
	/** The replay also owes the newest events of groups: of those that the connection has joined meanwhile. */
	isPartial: boolean;
	/** True while the replay has not ended. */
	isAhead: boolean;
}

/** A replay that has not started. */
export interface Starting {
	/** Whether the log has, as far as is known at once, all that the connection missed in its groups. */
	isKept(): boolean;
	/** Call with each event that the connection is sent and that is not in the log. */
	onSent(frame: Frame): void;
	/** Call when the connection has come to groups. */
	onJoined(groups: readonly string[]): void;
}

/** An event of the log, in its place there. */
export interface Logged {
	readonly frame: Frame;
	readonly position: Position;
}

/** The connection that a feed serves. */
export interface Replayed {
	readonly clientId: string;
	/** Aborts when it has closed. */
	readonly signal: AbortSignal;
	/** The names of its current groups. */
	readonly memberships: ReadonlySet<string>;
	/** Call when the position that its client sent is proven. */
	startAt(position: Position): void;
	/** From now on its ids state that they rely on a later position, until its client has that position. */
	relyOn(position: Position): void;
	/** Drops what came through the log and waits behind the first feed, which will supply it. @returns whether that was a feed too */
	dropBehindFeed(): boolean;
	/** Puts events of the log in their places behind the first feed. Those that are there stay. @returns false if more waits than may */
	insert(logged: readonly Logged[], sentAt: WeakMap<Frame, number>): boolean;
	/** Call with whether it is receiving everything that it missed, as far as that is known. */
	onResuming(isResumed: boolean): void;
	/** Call once with the outcome. */
	onResumed(outcome: ResumeOutcome): void;
}

/** What takes from a feed. */
interface FeedOwner {
	/** Called when it continues after a wait. */
	advance(): void;
	/** Receives what the source throws; the feed has then ended. */
	onFailure(reason: "error", error: unknown): void;
}

type State = "ready" | "running" | "waiting" | "ended";

const NONE: readonly Frame[] = [];

export class Feed {
	readonly #source: FeedSource;
	/** The context of its creation. The source runs code of the application, and a flush runs in the context of some other request. */
	readonly #context = new Context();
	readonly #owner: FeedOwner;
	#state: State = "ready";
	/** Resumes the source after a wait. */
	#resume: (() => ReturnType<FeedSource["next"]>) | undefined;

	constructor(source: FeedSource, owner: FeedOwner) {
		this.#source = source;
		this.#owner = owner;
	}

	get isEnded(): boolean {
		return this.#state === "ended";
	}

	/** Takes the next frames, until they reach `limit` bytes, or the feed waits or ends. */
	take(limit: number): readonly Frame[] {
		const frames: Frame[] = [];
		let byteLength = 0;
		// Entered once for all of them: it costs as much as some events.
		this.#context.run(() => {
			while (this.#state === "ready" && byteLength < limit) {
				for (const frame of this.#step()) {
					frames.push(frame);
					byteLength += frame.byteLength;
				}
			}
		});
		return frames;
	}

	/** Ends the feed early and releases what it reads from. */
	stop(): void {
		// The source itself may have ended the connection.
		const isRunning = this.#state === "running";
		this.#state = "ended";
		if (!isRunning) this.#context.run(() => this.#source.return());
	}

	#step(): readonly Frame[] {
		const resume = this.#resume;
		this.#resume = undefined;
		this.#state = "running";
		try {
			const { done, value } = resume?.() ?? this.#source.next();
			if (this.isEnded) this.#source.return();
			else if (done) this.#state = "ended";
			else if (value instanceof Promise) this.#await(value);
			else {
				this.#state = "ready";
				return value;
			}
		} catch (error) {
			this.#state = "ended";
			this.#owner.onFailure("error", error);
		}
		return NONE;
	}

	#await(promise: Promise<unknown>): void {
		this.#state = "waiting";
		promise.then(
			(value) => this.#goOn(() => this.#source.next(value)),
			(error: unknown) => this.#goOn(() => this.#source.throw(error)),
		);
	}

	#goOn(resume: () => ReturnType<FeedSource["next"]>): void {
		if (this.isEnded) return;
		this.#resume = resume;
		this.#state = "ready";
		this.#owner.advance();
	}
}

/** Awaits a promise within a feed, or returns a plain value at once. `what`: its name in the error when the time is over */
export function* settled<T>(
	value: T | PromiseLike<T>,
	timeoutMs?: number,
	what?: string,
): Steps<T> {
	if (!isPromiseLike(value)) return value;
	const promise = Promise.resolve(value);
	return (yield timeoutMs === undefined ? promise : within(timeoutMs, promise, what)) as T;
}

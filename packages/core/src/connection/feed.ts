/**
 * A feed: what a connection receives before its live events, at the pace of its reader.
 */
import { Context } from "../pacing/context.js";
import { within } from "../pacing/timeout.js";
import type { ResumeOutcome } from "../types/history.js";
import type { Position } from "../wire/cursor.js";
import type { Frame } from "../wire/frame.js";
import { isPromiseLike } from "./iterators.js";

/** Yields frames, in order, and promises. Each promise is awaited, and its value is passed back or its rejection thrown. */
export type Steps<Result = void> = Generator<Frame | Promise<unknown>, Result, unknown>;

export type FeedSource = Steps;

/** The connection that a feed serves. */
export interface Replayed {
	readonly clientId: string;
	/** The names of its current groups. */
	readonly memberships: ReadonlySet<string>;
	/** Call when the position that its client sent is proven. */
	startAt(position: Position): void;
	/** From now on its ids state that they rely on a later position, until its client has that position. */
	relyOn(position: Position): void;
	/** Drops what came through the log and waits behind the first feed, which will supply it. @returns whether that was a feed too */
	dropBehindFeed(): boolean;
	/** Call with whether it is receiving everything that it missed, as far as that is known. */
	onResuming(isResumed: boolean): void;
	/** Call once with the outcome. */
	onResumed(outcome: ResumeOutcome): void;
}

type State = "ready" | "running" | "waiting" | "ended";

export class Feed {
	readonly #source: FeedSource;
	/** The context of its creation. The source runs code of the application, and a flush runs in the context of some other request. */
	readonly #context = new Context();
	readonly #onReady: () => void;
	readonly #onError: (error: unknown) => void;
	#state: State = "ready";
	/** Resumes the source. */
	#resume: () => ReturnType<FeedSource["next"]>;

	/**
	 * @param onReady called when it continues after a wait
	 * @param onError receives what the source throws; the feed has then ended
	 */
	constructor(source: FeedSource, onReady: () => void, onError: (error: unknown) => void) {
		this.#source = source;
		this.#onReady = onReady;
		this.#onError = onError;
		this.#resume = this.#next;
	}

	get isEnded(): boolean {
		return this.#state === "ended";
	}

	/** Takes the next frames, until they reach `limit` bytes, or the feed waits or ends. */
	take(limit: number): readonly Frame[] {
		const frames: Frame[] = [];
		// Entered once for all of them: a replay of ten events would pay as much for entering as for the events.
		if (this.#state === "ready") this.#context.run(() => this.#takeInto(frames, limit));
		return frames;
	}

	/** Ends the feed early and releases what it reads from. */
	stop(): void {
		// The source itself may have ended the connection.
		const isRunning = this.#state === "running";
		this.#state = "ended";
		if (!isRunning) this.#context.run(() => this.#source.return());
	}

	#takeInto(frames: Frame[], limit: number): void {
		let byteLength = 0;
		while (this.#state === "ready" && byteLength < limit) {
			const frame = this.#step();
			if (frame === undefined) continue;
			frames.push(frame);
			byteLength += frame.byteLength;
		}
	}

	#step(): Frame | undefined {
		const resume = this.#resume;
		this.#resume = this.#next;
		this.#state = "running";
		try {
			const { done, value } = resume();
			if (this.isEnded) this.#source.return();
			else if (done === true) this.#state = "ended";
			else if (value instanceof Promise) this.#await(value);
			else {
				this.#state = "ready";
				return value ?? undefined;
			}
		} catch (error) {
			this.#state = "ended";
			this.#onError(error);
		}
		return undefined;
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
		this.#onReady();
	}

	readonly #next = (): ReturnType<FeedSource["next"]> => this.#source.next();
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

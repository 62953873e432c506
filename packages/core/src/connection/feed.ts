/**
 * A feed: what a connection is given before all that is sent to it from then on, at the pace of its reader.
 */
import { Context } from "../pacing/context.js";
import { within } from "../pacing/timeout.js";
import type { ResumeOutcome } from "../types/history.js";
import type { Position } from "../wire/cursor.js";
import type { Frame } from "../wire/frame.js";
import { isPromiseLike } from "./iterators.js";

/** Yields frames, in their order, and promises: it is given back what they resolve to, or thrown what they reject with. */
export type Steps<Result = void> = Generator<Frame | Promise<unknown>, Result, unknown>;

export type FeedSource = Steps;

/** The connection that is fed. */
export interface Replayed {
	readonly clientId: string;
	/** The names of the groups it is in now. */
	readonly memberships: ReadonlySet<string>;
	/** The position that its client came with is proven. */
	startAt(position: Position): void;
	/** Its ids must say from now on that they rely on a later position, until its client has that. */
	relyOn(position: Position): void;
	/** Whether it is being given all that it missed, as far as that is known. */
	onResuming(isResumed: boolean): void;
	/** What it came to, once. */
	onResumed(outcome: ResumeOutcome): void;
}

type State = "ready" | "running" | "waiting" | "ended";

export class Feed {
	readonly #source: FeedSource;
	/** As where it was made: the source runs what is the application's, and a flush has the context of some other request. */
	readonly #context = new Context();
	readonly #onReady: () => void;
	readonly #onError: (error: unknown) => void;
	#state: State = "ready";
	/** How the source goes on. */
	#resume: () => ReturnType<FeedSource["next"]>;

	/**
	 * @param onReady called when it has waited and goes on
	 * @param onError told what the source throws, which has then ended
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

	/** The next frames, until there are `limit` bytes of them, or it waits, or it has ended. */
	take(limit: number): readonly Frame[] {
		const frames: Frame[] = [];
		let byteLength = 0;
		while (this.#state === "ready" && byteLength < limit) {
			const frame = this.#step();
			if (frame === undefined) continue;
			frames.push(frame);
			byteLength += frame.byteLength;
		}
		return frames;
	}

	/** It is of no use any more: whatever it reads from is let go. */
	stop(): void {
		// The source itself may be what ends the connection.
		const isRunning = this.#state === "running";
		this.#state = "ended";
		if (!isRunning) this.#context.run(() => this.#source.return());
	}

	#step(): Frame | undefined {
		const resume = this.#resume;
		this.#resume = this.#next;
		this.#state = "running";
		try {
			const { done, value } = this.#context.run(resume);
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

/** What a promise resolves to, for which the feed waits, or the value that it is already. */
export function* settled<T>(value: T | PromiseLike<T>, timeoutMs?: number): Steps<T> {
	if (!isPromiseLike(value)) return value;
	const promise = Promise.resolve(value);
	return (yield timeoutMs === undefined ? promise : within(timeoutMs, promise)) as T;
}

/**
 * The tail of an engine's log, followed while the log is open. Every failure is retried after a growing pause, and each attempt
 * proves that it continues where the last one ended. Opening the log proves nothing: an engine may answer every question and
 * still refuse to be followed. So the pause is reset only once the engine has begun to deliver.
 */

import { pause, within } from "../pacing/timeout.js";
import type { Position } from "../wire/cursor.js";
import type { LogEngine, Stored } from "./log-engine.js";

const MIN_PAUSE_MS = 20;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;

// Limit for connecting and for reading the initial local copy.
const START_TIMEOUT_MS = 30_000;

export interface TailHost {
	/** Everything up to here has been processed. */
	readonly position: Position | undefined;
	/**
	 * Continues from the position if it is part of the log, or else starts over. `newest`: the log's newest position.
	 * Must change nothing once `signal` has aborted, because another attempt then runs.
	 */
	begin(newest: Position, signal: AbortSignal): Promise<void>;
	/** Called when the engine delivers what is after the position. `newest`: the newest position when the attempt began. */
	onFollowed(newest: Position): void;
	/** @returns false if the text does not follow the position */
	take(stored: Stored): boolean;
	/** Called with a warning for the operator. */
	onWarning(message: string): void;
	/** Called when the log is not followed for now. */
	onFailure(error: unknown): void;
}

export class Tail {
	readonly #engine: LogEngine;
	readonly #host: TailHost;
	readonly #stop = new AbortController();
	#attempt = new AbortController();
	#failures = 0;
	#isFollowing = false;
	#isFollowed = false;

	constructor(engine: LogEngine, host: TailHost) {
		this.#engine = engine;
		this.#host = host;
	}

	/** Whether the engine delivers what it stores. */
	get isFollowed(): boolean {
		return this.#isFollowed;
	}

	/** Follow the log until `stop`. Never rejects. */
	async run(): Promise<void> {
		while (!this.#stop.signal.aborted) {
			this.#attempt = new AbortController();
			try {
				await this.#follow(this.#attempt.signal);
			} catch (error) {
				this.#attempt.abort(error);
				if (!this.#stop.signal.aborted) this.#host.onFailure(error);
			}
			// All processes lose their connection at the same time, and must not all reconnect at the same time.
			const most = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures++);
			await pause(MIN_PAUSE_MS + Math.random() * most, this.#stop.signal);
		}
	}

	/** Call when the probe has proven that stored texts arrive. */
	onProven(): void {
		this.#failures = 0;
	}

	/** Gives up the current attempt for a reason and tries again. A new attempt proves where it continues. */
	restart(reason: Error): void {
		if (this.#isFollowing) this.#attempt.abort(reason);
	}

	stop(): void {
		this.#stop.abort();
		this.#attempt.abort();
	}

	async #follow(signal: AbortSignal): Promise<void> {
		const what = `Opening the log in ${this.#engine.name}`;
		const newest = await within(START_TIMEOUT_MS, this.#start(signal), what, signal);
		const after = this.#host.position?.sequence ?? 0;
		const take = (stored: readonly Stored[]): void => {
			if (signal.aborted) return;
			if (!this.#isFollowed) {
				this.#isFollowed = true;
				this.#host.onFollowed(newest);
			}
			this.#take(stored, signal);
		};
		this.#isFollowing = true;
		try {
			await within(0, this.#engine.follow(after, take, signal), undefined, signal);
		} finally {
			this.#isFollowing = false;
			this.#isFollowed = false;
		}
		throw new Error(`${this.#engine.name} ended the read`);
	}

	async #start(signal: AbortSignal): Promise<Position> {
		await this.#engine.open((message) => this.#host.onWarning(message));
		const newest = await this.#engine.newest();
		await this.#host.begin(newest, signal);
		return newest;
	}

	#take(stored: readonly Stored[], signal: AbortSignal): void {
		for (const each of stored) {
			if (signal.aborted) return;
			if (!this.#host.take(each)) {
				this.restart(new Error(`${this.#engine.name} does not continue where it was read`));
			}
		}
	}
}

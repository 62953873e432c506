/**
 * The queue of appends to an engine. Appends made while the engine is busy are sent together, in order. The queue is limited in
 * time and size. Nothing is sent before the log is followed: the text would be stored before the position where following begins.
 */
import { SSEError } from "../checks/errors.js";
import type { Position } from "../wire/cursor.js";
import { failed } from "./engine-failure.js";
import type { LogEngine, StoredAt, Storing } from "./log-engine.js";

// Limits of one call to the engine: appends, and characters of their texts.
const MAX_BATCH = 256;
const MAX_BATCH_LENGTH = 256 * 1024;

// Concurrent calls, so that the next is sent while an answer is pending.
const MAX_CALLS = 4;

// Limits of unanswered and queued appends. A text counts two bytes per character, plus overhead.
const MAX_WAITING = 20_000;
const MAX_WAITING_MIB = 32;
const OVERHEAD_BYTES = 400;

/** Why, and since when, the engine has stored nothing. */
export interface Refusal {
	/** When it first refused an append or missed its time limit, with nothing stored since, by `performance.now()`. */
	readonly since: number;
	readonly error: SSEError;
}

interface Append {
	readonly storing: Storing;
	readonly bytes: number;
	readonly deadline: number;
	readonly resolve: (at: StoredAt) => void;
	readonly reject: (error: unknown) => void;
	isSettled: boolean;
}

export class AppendQueue {
	readonly #engine: LogEngine;
	readonly #timeoutMs: number;
	readonly #onStored: (at: Position) => void;
	/** Appends not passed to the engine yet. */
	#queue: Append[] = [];
	/** Unsettled appends, oldest first. Settled ones stay in the list until all before them have settled. */
	#unsettled: Append[] = [];
	#count = 0;
	#bytes = 0;
	#calls = 0;
	#isHeld = true;
	#isScheduled = false;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#onIdle: (() => void) | undefined;
	#refusal: Refusal | undefined;

	/**
	 * @param timeoutMs 0: no limit
	 * @param onStored called after each call to the engine that stored something, with one of the positions
	 */
	constructor(engine: LogEngine, timeoutMs: number, onStored: (at: Position) => void) {
		this.#engine = engine;
		this.#timeoutMs = timeoutMs;
		this.#onStored = onStored;
	}

	/** `undefined` while the engine stores appends, or before the first one. */
	get refusal(): Refusal | undefined {
		return this.#refusal;
	}

	/** @throws (rejects) `ERR_SSE_INVALID_DATA`, `ERR_SSE_LOG_BUSY`, `ERR_SSE_TIMEOUT`, `ERR_SSE_LOG_FAILED` */
	add(storing: Storing): Promise<StoredAt> {
		const bytes = storing.text.length * 2 + OVERHEAD_BYTES;
		// It does not fit into an empty queue either, so a later attempt would fail, too.
		if (bytes > MAX_WAITING_MIB * 2 ** 20) {
			const message = `An event takes at most ${MAX_WAITING_MIB} MiB on its way to ${this.#engine.name}`;
			return Promise.reject(new SSEError("ERR_SSE_INVALID_DATA", message));
		}
		if (this.#count >= MAX_WAITING || this.#bytes + bytes > MAX_WAITING_MIB * 2 ** 20) {
			const limit = `${MAX_WAITING.toLocaleString("en")} appends or ${MAX_WAITING_MIB} MiB`;
			const message = `${this.#engine.name} cannot keep up: ${limit} are waiting`;
			return Promise.reject(new SSEError("ERR_SSE_LOG_BUSY", message));
		}
		const deadline = this.#timeoutMs === 0 ? Infinity : performance.now() + this.#timeoutMs;
		return new Promise((resolve, reject) => {
			const append = { storing, bytes, deadline, resolve, reject, isSettled: false };
			this.#count++;
			this.#bytes += bytes;
			this.#queue.push(append);
			this.#unsettled.push(append);
			if (this.#timeoutMs > 0) this.#timer ??= this.#wake();
			this.#schedule();
		});
	}

	/** Call when the log is followed: starts to send. */
	release(): void {
		this.#isHeld = false;
		this.#schedule();
	}

	/** Call when the log cannot be followed: waiting appends reject with the reason. */
	refuseHeld(reason: SSEError): void {
		if (!this.#isHeld) return;
		for (const append of this.#queue.splice(0)) this.#settle(append, reason);
		this.#forgetSettled();
	}

	/** Resolves when no append is pending. */
	async idle(): Promise<void> {
		if (this.#count === 0) return;
		await new Promise<void>((resolve) => {
			this.#onIdle = resolve;
		});
	}

	/** Sends at the end of this tick, so that appends of one tick share a call. */
	#schedule(): void {
		if (this.#isHeld || this.#isScheduled || this.#calls >= MAX_CALLS) return;
		this.#isScheduled = true;
		queueMicrotask(() => {
			this.#isScheduled = false;
			while (this.#calls < MAX_CALLS && this.#queue.length > 0) void this.#call(this.#next());
		});
	}

	#next(): readonly Append[] {
		let length = 0;
		let count = 0;
		for (const { storing } of this.#queue) {
			length += storing.text.length;
			if (count === MAX_BATCH || (count > 0 && length > MAX_BATCH_LENGTH)) break;
			count++;
		}
		// Appends that timed out have already been rejected.
		return this.#queue.splice(0, count).filter(({ isSettled }) => !isSettled);
	}

	async #call(batch: readonly Append[]): Promise<void> {
		if (batch.length === 0) return;
		this.#calls++;
		// A call that is never answered must not block other calls.
		const release = (): void => {
			if (isReleased) return;
			isReleased = true;
			this.#calls--;
			this.#schedule();
		};
		let isReleased = false;
		const timer = this.#timeoutMs > 0 ? setTimeout(release, this.#timeoutMs) : undefined;
		timer?.unref();
		try {
			const answers = await this.#engine.append(batch.map(({ storing }) => storing));
			batch.forEach((append, index) => {
				const answer = answers[index];
				if (answer instanceof Error || answer === undefined) this.#fail(append, answer);
				else this.#settle(append, answer);
			});
			const stored = answers.find((answer) => !(answer instanceof Error));
			if (stored === undefined) return;
			this.#refusal = undefined;
			this.#onStored(stored as StoredAt);
		} catch (error) {
			for (const append of batch) this.#fail(append, error);
		} finally {
			clearTimeout(timer);
			release();
			this.#forgetSettled();
		}
	}

	/** Rejects an append that the engine refused or did not answer in time. */
	#fail(append: Append, cause: unknown): void {
		if (append.isSettled) return;
		const error = failed(this.#engine, cause);
		// An event that can never be stored says nothing about the engine's health.
		if (error.code !== "ERR_SSE_INVALID_DATA") {
			this.#refusal = { since: this.#refusal?.since ?? performance.now(), error };
		}
		this.#settle(append, error);
	}

	#settle(append: Append, outcome: StoredAt | SSEError): void {
		if (append.isSettled) return;
		append.isSettled = true;
		this.#count--;
		this.#bytes -= append.bytes;
		if (outcome instanceof Error) append.reject(outcome);
		else append.resolve(outcome);
		if (this.#count > 0) return;
		clearTimeout(this.#timer);
		this.#timer = undefined;
		this.#onIdle?.();
	}

	/** One timer for all appends: all have the same time limit, so the oldest is due first. */
	#wake(): ReturnType<typeof setTimeout> {
		const due = (this.#unsettled[0]?.deadline ?? 0) - performance.now();
		return setTimeout(() => this.#expire(), Math.max(1, due)).unref();
	}

	#expire(): void {
		const now = performance.now();
		this.#timer = undefined;
		for (const append of this.#unsettled) {
			if (append.deadline > now) break;
			const message = `${this.#engine.name} did not answer within ${this.#timeoutMs} ms`;
			this.#fail(append, new SSEError("ERR_SSE_TIMEOUT", message, { statusCode: 503 }));
		}
		this.#forgetSettled();
		if (this.#count > 0) this.#timer ??= this.#wake();
	}

	#forgetSettled(): void {
		const first = this.#unsettled.findIndex(({ isSettled }) => !isSettled);
		this.#unsettled.splice(0, first < 0 ? this.#unsettled.length : first);
	}
}

/**
 * The shutdown of a service, or of one app's streams on it: new streams are refused from then on, open ones are ended, at
 * once or by a drain, and a promise tells when the last response has closed.
 */

import { SSEError } from "../checks/errors.js";
import { type OptionRules, optional, readOptions } from "../checks/option-rules.js";
import { TIME } from "../checks/time.js";
import { Drain } from "../pacing/drain.js";
import type { CloseOptions } from "./service-types.js";

const RULES: OptionRules<CloseOptions> = { drainMs: [undefined, optional(TIME)] };

/** Marks the services that have the members below, by whichever copy of this package (ESM, CommonJS) they were made. */
export const INNER = Symbol.for("sse-service.service.v1");

/** What a service has besides its public members, for those who open streams on it. */
export interface Inner<T> {
	readonly [INNER]: true;
	readonly options: { readonly drainMs: number };
	/** Whether `close` has been called. */
	readonly isClosing: boolean;
	/** End a connection, if it is open, with reason `shutdown`, and tell its client when to come back. */
	dismiss(connection: T): void;
}

/** What is shut down. */
export interface ShutdownHost<T> {
	readonly service: Pick<Inner<T>, "options" | "dismiss">;
	/** Those to be ended, oldest first. */
	connections(): Iterable<T>;
	/** It begins, and ends them over so many milliseconds. */
	onBegin?(windowMs: number): void;
	/** Whether every response has closed. */
	isOver(): boolean;
	/** Called once it is. Its promise, if it returns one, is waited for; it never rejects. */
	onOver?(): Promise<void> | void;
}

interface Closable {
	close(reason: "shutdown"): unknown;
}

export class Shutdown<T extends Closable> {
	readonly #host: ShutdownHost<T>;
	#closed: Promise<void> | undefined;
	#onClosed: (() => void) | undefined;
	#drain: Drain<T> | undefined;
	#windowMs = 0;

	constructor(host: ShutdownHost<T>) {
		this.#host = host;
	}

	get hasBegun(): boolean {
		return this.#closed !== undefined;
	}

	/** @throws `ERR_SSE_SERVICE_CLOSED` once it has begun */
	check(what: string): void {
		if (!this.hasBegun) return;
		// Those who are refused come back one window later each, and so as evenly as they were ended, and after it.
		const seconds = Math.max(1, Math.ceil(this.#windowMs / 1_000));
		const headers = { "Retry-After": String(seconds) };
		const message = `${what} is closed`;
		throw new SSEError("ERR_SSE_SERVICE_CLOSED", message, 503, undefined, headers);
	}

	/** Begin it, or leave it as it has begun. */
	ensure(): Promise<void> {
		return this.#closed ?? this.begin();
	}

	/**
	 * Begin it. When it has begun, what is left is ended at once, or within another window if that is sooner.
	 *
	 * @throws `ERR_SSE_INVALID_OPTION`
	 */
	begin(options: CloseOptions = {}): Promise<void> {
		const { drainMs: told } = readOptions(options, RULES);
		if (this.#closed !== undefined) {
			this.#drain?.within(told ?? 0);
			return this.#closed;
		}
		this.#closed = new Promise((resolve) => {
			this.#onClosed = resolve;
		});
		const { service } = this.#host;
		this.#windowMs = told ?? service.options.drainMs;
		this.#host.onBegin?.(this.#windowMs);
		const end =
			this.#windowMs === 0
				? (connection: T) => connection.close("shutdown")
				: (connection: T) => service.dismiss(connection);
		this.#drain = new Drain([...this.#host.connections()], end);
		this.#drain.within(this.#windowMs);
		if (this.#host.isOver()) this.onOver();
		return this.#closed;
	}

	/** The last response there was has closed: when it has begun, that was the last of all. */
	onOver(): void {
		if (!this.hasBegun) return;
		this.#drain?.stop();
		const ended = this.#host.onOver?.();
		if (ended === undefined) this.#onClosed?.();
		else void ended.then(this.#onClosed);
	}
}

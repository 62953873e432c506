/**
 * The shutdown of a service, or of one app's streams on it: refuses new streams, ends open ones at once or by a drain, and
 * returns a promise that resolves when the last response has closed.
 */

import { SSEError } from "../checks/errors.js";
import { type OptionRules, optional, readOptions } from "../checks/option-rules.js";
import { TIME } from "../checks/time.js";
import { Drain } from "../pacing/drain.js";
import type { CloseOptions } from "./service-types.js";

const RULES: OptionRules<CloseOptions> = { drainMs: [undefined, optional(TIME)] };

/** Marks services that have the members below, whichever copy of this package (ESM, CommonJS) created them. */
export const INNER = Symbol.for("sse-service.service.v1");

/** The members of a service for openers of streams, besides the public ones. */
export interface Inner<T> {
	readonly [INNER]: true;
	readonly options: { readonly drainMs: number; readonly closeTimeoutMs: number };
	/** Whether `close` has been called. */
	readonly isClosing: boolean;
	/** Ends a connection, if open, with reason `shutdown`, and sends its client a reconnection time. */
	dismiss(connection: T): void;
}

/** The owner of the streams to shut down. */
export interface ShutdownHost<T> {
	readonly service: Pick<Inner<T>, "options" | "dismiss">;
	/** The connections to end, oldest first. */
	connections(): Iterable<T>;
	/** Called when the shutdown begins, with the length of its drain in ms. */
	onBegin?(windowMs: number): void;
	/** Whether every response has closed. */
	isOver(): boolean;
	/** Called once every response has closed. A returned promise is awaited; it must not reject. */
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
	#hold: ReturnType<typeof setTimeout> | undefined;

	constructor(host: ShutdownHost<T>) {
		this.#host = host;
	}

	get hasBegun(): boolean {
		return this.#closed !== undefined;
	}

	/** Whether it has begun, and every response has closed. */
	get isOver(): boolean {
		return this.hasBegun && this.#host.isOver();
	}

	/** @throws `ERR_SSE_SERVICE_CLOSED` once the shutdown has begun */
	check(what: string): void {
		if (!this.hasBegun) return;
		// Refused clients return one window later, so they are spread as evenly as the connections ended, after the drain.
		const seconds = Math.max(1, Math.ceil(this.#windowMs / 1_000));
		const headers = { "Retry-After": String(seconds) };
		const message = `${what} is closed, and opens no more streams`;
		throw new SSEError("ERR_SSE_SERVICE_CLOSED", message, { headers });
	}

	/** Begins the shutdown, unless it has already begun. */
	ensure(): Promise<void> {
		return this.#closed ?? this.begin();
	}

	/**
	 * Begins the shutdown. If it has already begun, the rest ends at once, or within the new window if that is sooner.
	 *
	 * @throws `ERR_SSE_INVALID_OPTION`
	 */
	begin(options: CloseOptions = {}): Promise<void> {
		const { drainMs: own } = readOptions(options, RULES);
		if (this.#closed !== undefined) {
			this.#drain?.within(own ?? 0);
			return this.#closed;
		}
		this.#closed = new Promise((resolve) => {
			this.#onClosed = resolve;
		});
		// Somebody may await this. The sockets of Node keep the process alive until then; a body that nobody reads does not, and
		// neither does an event log that is not connected.
		this.#hold = setTimeout(() => {}, 2 ** 31 - 1);
		const { service } = this.#host;
		this.#windowMs = own ?? service.options.drainMs;
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

	/** Call when the last open response has closed. If the shutdown has begun, it is then over. */
	onOver(): void {
		if (!this.hasBegun) return;
		this.#drain?.stop();
		const end = (): void => {
			clearTimeout(this.#hold);
			this.#onClosed?.();
		};
		const ended = this.#host.onOver?.();
		if (ended === undefined) end();
		else void ended.then(end);
	}
}

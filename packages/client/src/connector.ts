/**
 * The connector: makes one request after another, each from the position of the last, until the stream ends.
 */
import { type AttemptHost, attempt, type Outcome } from "./attempt.js";
import { BackOff } from "./back-off.js";
import type { ResolvedOptions } from "./options.js";
import { isHidden, isOffline, onPageLife } from "./page-life.js";
import type { Source, SourceHost } from "./source.js";
import { StreamError } from "./stream-error.js";
import { Watchdog } from "./watchdog.js";

// A heartbeat may be a quarter of its interval late, and one may be lost.
const STALL_INTERVALS = 3;
// After this many consecutive attempts without a byte in time, something between server and client buffers the responses.
const MUTE_ATTEMPTS = 3;

export class Connector implements Source {
	readonly #url: string | (() => string);
	readonly #options: ResolvedOptions;
	readonly #host: SourceHost;
	readonly #backOff: BackOff;
	#lastEventId: string | undefined;
	#stopped = false;
	#muteAttempts = 0;
	/** Aborts the current attempt with a reason. */
	#abort: (reason?: StreamError) => void = () => {};
	/** Ends the current wait. */
	#wake: () => void = () => {};
	#watchdog: Watchdog | undefined;
	#stopPageLife: () => void = () => {};

	constructor(url: string | (() => string), options: ResolvedOptions, host: SourceHost) {
		this.#url = url;
		this.#options = options;
		this.#host = host;
		this.#backOff = new BackOff(options.retry);
	}

	start(lastEventId: string | undefined): void {
		this.#lastEventId = lastEventId;
		this.#stopPageLife = onPageLife((change) => this.#onPageLife(change));
		void this.#run();
	}

	stop(): void {
		this.#stopped = true;
		this.#stopPageLife();
		this.#abort();
		this.#wake();
	}

	async #run(): Promise<void> {
		let refreshed = false;
		while (!this.#stopped) {
			await this.#untilVisible();
			if (this.#stopped) return;
			this.#host.onState("connecting");
			const outcome = await this.#attempt();
			if (this.#stopped) return;
			if (outcome.kind === "finished") return this.#end();
			if (outcome.kind === "refused" && outcome.status === 401 && !refreshed) {
				const error = await this.#refresh();
				if (this.#stopped) return;
				if (error !== undefined) return this.#end(error);
				refreshed = true;
				continue;
			}
			refreshed = false;
			const error = this.#errorOf(outcome);
			if (error?.final === true) return this.#end(error);
			if (error !== undefined) this.#host.onError(error);
			if (this.#stopped) return;
			this.#host.onState(this.#muteAttempts >= MUTE_ATTEMPTS ? "buffered" : "waiting");
			const leastMs = outcome.kind === "refused" ? outcome.retryAfterMs : undefined;
			await this.#pause(this.#backOff.next(leastMs));
		}
	}

	async #attempt(): Promise<Outcome> {
		const controller = new AbortController();
		let reason: StreamError | undefined;
		this.#abort = (error) => {
			reason ??= error;
			controller.abort();
		};
		let hasBytes = false;
		let hasMoved = false;
		const watchdog = new Watchdog(this.#options.connectTimeoutMs, () => {
			if (!hasBytes) this.#muteAttempts++;
			this.#abort(new StreamError("ERR_SSE_STALLED", "The server sent nothing in time"));
		});
		this.#watchdog = watchdog;
		const host: AttemptHost = {
			onOpen: (heartbeatMs = 0) => {
				watchdog.feed();
				watchdog.setLimit(this.#options.stallAfterMs ?? heartbeatMs * STALL_INTERVALS);
				if (!this.#stopped) this.#host.onState("open");
			},
			onBytes: () => {
				hasBytes = true;
				this.#muteAttempts = 0;
				watchdog.feed();
			},
			onRetry: (ms) => this.#backOff.setBase(ms),
			// An event with this id may follow at once, and then reports the position.
			onId: (id) => {
				this.#backOff.reset();
				this.#lastEventId = id;
				hasMoved = true;
			},
			onEvent: (type, text) => {
				// A listener may have closed the stream in the middle of a chunk.
				if (this.#stopped) return;
				this.#backOff.reset();
				hasMoved = false;
				this.#host.onEvent({ type, text, id: this.#lastEventId });
			},
			onFed: () => {
				if (hasMoved && !this.#stopped) this.#host.onPosition(this.#lastEventId ?? "");
				hasMoved = false;
			},
			room: () => {
				const room = this.#host.room();
				// While this side does not read, nothing can arrive.
				return room?.then(() => watchdog.feed());
			},
		};
		try {
			const outcome = await this.#send(controller.signal, host);
			return reason === undefined ? outcome : { kind: "failed", error: reason };
		} finally {
			watchdog.stop();
			this.#abort = () => {};
		}
	}

	async #send(signal: AbortSignal, host: AttemptHost): Promise<Outcome> {
		const { method = "GET", credentials, maxEventLength } = this.#options;
		const id = this.#lastEventId;
		const hasPosition = id !== undefined && id !== "";
		let url: string;
		let headers: Headers;
		let body: BodyInit | undefined;
		try {
			url = typeof this.#url === "function" ? this.#url() : this.#url;
			headers = new Headers(await resolved(this.#options.headers));
			body = await resolved(this.#options.body);
		} catch (cause) {
			const error = new StreamError("ERR_SSE_CALLBACK", "headers, body or url threw", { cause });
			return { kind: "failed", error };
		}
		if (!headers.has("accept")) headers.set("accept", "text/event-stream");
		if (hasPosition && this.#options.lastEventIdIn === "query") url = withQuery(url, id);
		else if (hasPosition) headers.set("last-event-id", encodeHeader(id));
		const init: RequestInit & { duplex?: "half" } = { method, headers, signal, cache: "no-store" };
		if (credentials !== undefined) init.credentials = credentials;
		if (body !== undefined) init.body = body;
		// Node requires this option if the response may begin before the request has ended.
		if (body instanceof ReadableStream) init.duplex = "half";
		const request = { fetch: this.#options.fetch ?? globalThis.fetch, url, init, maxEventLength };
		return attempt(request, host);
	}

	/** @returns why the stream ends, if it does */
	async #refresh(): Promise<StreamError | undefined> {
		const { onUnauthorized } = this.#options;
		const details = { status: 401, final: true };
		if (onUnauthorized === undefined) return refused(details);
		try {
			await onUnauthorized();
			return undefined;
		} catch (cause) {
			return new StreamError("ERR_SSE_CALLBACK", "onUnauthorized threw", { ...details, cause });
		}
	}

	#errorOf(outcome: Outcome): StreamError | undefined {
		if (outcome.kind === "failed") return outcome.error;
		if (outcome.kind !== "refused") return undefined;
		const { status } = outcome;
		return refused({ status, final: status === 401 || this.#options.isFinal(status) });
	}

	#end(error?: StreamError): void {
		this.stop();
		this.#host.onEnd(error);
	}

	#onPageLife(change: "away" | "back" | "visibility"): void {
		if (change === "away" || (change === "visibility" && this.#mustPause())) this.#abort();
		else {
			this.#watchdog?.check();
			this.#wake();
		}
	}

	#mustPause(): boolean {
		return this.#options.pauseWhenHidden === true && isHidden();
	}

	async #untilVisible(): Promise<void> {
		while (!this.#stopped && (this.#mustPause() || isOffline())) {
			this.#host.onState("waiting");
			await this.#pause(undefined);
		}
	}

	/** Waits. `ms` undefined: until the page or the network changes. */
	#pause(ms: number | undefined): Promise<void> {
		return new Promise((resolve) => {
			const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
			this.#wake = () => {
				clearTimeout(timer);
				resolve();
			};
		});
	}
}

function refused(details: { readonly status: number; readonly final: boolean }): StreamError {
	return new StreamError("ERR_SSE_STATUS", `The server answered ${details.status}`, details);
}

function resolved<T>(value: T | (() => T | Promise<T>) | undefined): T | Promise<T> | undefined {
	return typeof value === "function" ? (value as () => T | Promise<T>)() : value;
}

/** Encodes an id like browsers (HTML, section 9.2.3): each UTF-8 byte becomes a character of the header. */
function encodeHeader(id: string): string {
	return String.fromCharCode(...new TextEncoder().encode(id));
}

function withQuery(url: string, id: string): string {
	const [beforeHash = "", ...hash] = url.split("#");
	const joined = `${beforeHash}${beforeHash.includes("?") ? "&" : "?"}lastEventId=${encodeURIComponent(id)}`;
	return [joined, ...hash].join("#");
}

/**
 * The connector: makes one request after another, each from the position of the last, until the stream ends.
 */
import { type AttemptHost, type AttemptRequest, attempt, type Outcome } from "./attempt.js";
import { BackOff } from "./back-off.js";
import { Muteness } from "./muteness.js";
import type { ResolvedOptions } from "./options.js";
import { isHidden, onPageLife, type PageEvent } from "./page-life.js";
import { Pauses } from "./pauses.js";
import { errorOf, renew } from "./refusals.js";
import { createRequest } from "./request.js";
import type { Source, SourceHost } from "./source.js";
import { StreamError } from "./stream-error.js";
import { Watchdog } from "./watchdog.js";

// The comment with which `sse-service` begins the answer to a long poll.
const POLL_ANSWER = "poll";
// A heartbeat may be a quarter of its interval late, and one may be lost.
const STALL_INTERVALS = 3;
// The time from one poll to the next, in milliseconds. A server that answers each at once decides how many there are.
const MIN_POLL_MS = 50;

export class Connector implements Source {
	readonly #url: string | (() => string);
	readonly #options: ResolvedOptions;
	readonly #host: SourceHost;
	readonly #backOff: BackOff;
	readonly #pauses: Pauses;
	#lastEventId: string | undefined;
	#stopped = false;
	readonly #muteness: Muteness;
	/** Whether the current response answers a long poll. `undefined`: not known before its first line. */
	#isPollAnswer: boolean | undefined;
	/** Aborts the current attempt with a reason. */
	#abort: (reason?: StreamError) => void = () => {};
	#watchdog: Watchdog | undefined;
	#stopPageLife: () => void = () => {};

	constructor(url: string | (() => string), options: ResolvedOptions, host: SourceHost) {
		this.#url = url;
		this.#options = options;
		this.#host = host;
		this.#backOff = new BackOff(options.retry);
		this.#pauses = new Pauses(options.pauseWhenHidden === true);
		// React Native's own fetch answers when it has all of the response, and its `Response` has no `body`.
		const canStream = options.fetch || !globalThis.Response || "body" in Response.prototype;
		this.#muteness = new Muteness(options.longPoll, !!canStream);
	}

	start(lastEventId: string | undefined): void {
		this.#lastEventId = lastEventId;
		this.#stopPageLife = onPageLife((event) => this.#onPageLife(event));
		void this.#run();
	}

	stop(): void {
		this.#stopped = true;
		this.#stopPageLife();
		this.#abort();
		this.#pauses.stop();
	}

	async #run(): Promise<void> {
		let refreshed = false;
		while (!this.#stopped) {
			await this.#pauses.untilReady(() => this.#host.onState("waiting"));
			if (this.#stopped) return;
			const isPoll = this.#muteness.isPolling;
			// The state of a polling stream does not flicker with each poll.
			this.#host.onState(isPoll ? "buffered" : "connecting");
			if (this.#stopped) return;
			const before = this.#lastEventId;
			const begunAt = Date.now();
			const outcome = await this.#attempt(isPoll);
			if (this.#stopped) return;
			const { status, retryAfterMs = 0 } = outcome;
			// The server asks the client not to reconnect.
			if (status === 204) return this.#end();
			const { onUnauthorized } = this.#options;
			if (status === 401 && !refreshed && onUnauthorized !== undefined) {
				const error = await renew(onUnauthorized);
				if (this.#stopped) return;
				if (error !== undefined) return this.#end(error);
				refreshed = true;
				continue;
			}
			refreshed = false;
			const error = errorOf(outcome, this.#options);
			if (error?.final === true) return this.#end(error);
			if (error !== undefined) this.#host.onError(error);
			if (this.#stopped) return;
			// The answer to a poll is only a part of the stream.
			const isWhole = outcome.isEnd === true && this.#isPollAnswer !== true;
			if (isWhole && this.#options.closeOnEnd) return this.#end();
			// A poll that brought something is followed by the next one, without a change of state.
			const isAnswered = this.#isPollAnswer === true && error === undefined;
			if (isAnswered && this.#lastEventId !== before) {
				// A clock that was set back must not extend the pause.
				await this.#pauses.pause(Math.min(MIN_POLL_MS, begunAt + MIN_POLL_MS - Date.now()));
				continue;
			}
			this.#host.onState(this.#muteness.isBuffered ? "buffered" : "waiting");
			await this.#pauses.pause(this.#backOff.next(retryAfterMs), retryAfterMs);
		}
	}

	async #attempt(isPoll: boolean): Promise<Outcome> {
		const controller = new AbortController();
		this.#isPollAnswer = undefined;
		/** Whether a request is under way, and nothing has come. */
		let isMute = false;
		let silent = "headers or body gave";
		let hasMoved = false;
		let openedAt = Infinity;
		const watchdog = new Watchdog(this.#options.connectTimeoutMs, (silenceMs) => {
			openedAt += silenceMs;
			if (isMute) this.#muteness.onMute();
			this.#abort(new StreamError("ERR_SSE_STALLED", `${silent} nothing in time`));
		});
		this.#watchdog = watchdog;
		const host: AttemptHost = {
			// What the application took for its headers is no silence of the network.
			onSend: () => {
				isMute = true;
				silent = "The server sent";
				watchdog.feed();
			},
			onOpen: (heartbeatMs, isWhole) => {
				openedAt = Date.now();
				this.#muteness.canStream &&= !isWhole;
				watchdog.setLimit(this.#options.stallAfterMs ?? heartbeatMs * STALL_INTERVALS);
				if (!isPoll) this.#onKnown(false);
			},
			onBytes: () => {
				isMute = false;
				if (this.#isPollAnswer === false) this.#muteness.reset();
				watchdog.feed();
			},
			onRetry: (ms) => {
				this.#onKnown(false);
				this.#backOff.ask(ms);
			},
			onComment: (text) => this.#onKnown(text === POLL_ANSWER),
			// An event with this id may follow at once, and then reports the position.
			onId: (id) => {
				this.#onWorking();
				this.#lastEventId = id;
				hasMoved = true;
			},
			onEvent: (type, text) => {
				// A listener may have closed the stream in the middle of a chunk.
				if (this.#stopped) return;
				this.#onWorking();
				hasMoved = false;
				this.#host.onEvent({ type, text, id: this.#lastEventId });
			},
			onFed: () => {
				if (hasMoved && !this.#stopped) this.#host.onPosition(this.#lastEventId ?? "");
				hasMoved = false;
			},
			room: () => {
				const room = this.#host.room();
				if (room === undefined) return undefined;
				// While this side does not read, nothing can arrive.
				watchdog.stop();
				return room.then(() => {
					if (!controller.signal.aborted) watchdog.restart();
				});
			},
		};
		const outcome = await new Promise<Outcome>((resolve) => {
			// Does not wait for functions of the application, nor for a fetch that does not know of signals.
			this.#abort = (error) => {
				controller.abort();
				resolve(error === undefined ? {} : { error });
			};
			void this.#send(isPoll, controller.signal, host).then(resolve);
		});
		watchdog.stop();
		this.#backOff.held(Date.now() - openedAt);
		this.#abort = () => {};
		return outcome;
	}

	/** A server without long-polling answers a poll with a stream. */
	#onKnown(isPollAnswer: boolean): void {
		if (this.#isPollAnswer !== undefined) return;
		this.#isPollAnswer = isPollAnswer;
		if (!isPollAnswer && !this.#stopped) this.#host.onState("open");
	}

	#onWorking(): void {
		this.#onKnown(false);
		this.#backOff.reset();
	}

	async #send(isPoll: boolean, signal: AbortSignal, host: AttemptHost): Promise<Outcome> {
		let request: AttemptRequest;
		try {
			request = await createRequest({
				url: this.#url,
				options: this.#options,
				lastEventId: this.#lastEventId,
				isPoll,
			});
		} catch (cause) {
			const error = new StreamError("ERR_SSE_CALLBACK", "headers, body or URL threw", { cause });
			return { error };
		}
		return attempt(request, host, signal);
	}

	#end(error?: StreamError): void {
		this.stop();
		this.#host.onEnd(error);
	}

	#onPageLife(event: PageEvent): void {
		const isOnlySeen = event === "visibilitychange";
		if (event === "pagehide" || this.#pauses.isHidden) this.#abort();
		else if (!isOnlySeen || !isHidden()) {
			if (!isOnlySeen) this.#muteness.reset();
			// The first attempt may be too early.
			this.#backOff.reset();
			this.#watchdog?.check();
			this.#pauses.wake();
		}
	}
}

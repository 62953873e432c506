/**
 * The types of the public interface. Types only: nothing here runs.
 */
import type { StreamError } from "./stream-error.js";

/** Event types and the data each carries: the same map that types the server's service. */
export type EventMap = object;

/** Without a map every event type is allowed, and its data is `unknown`. */
export type AnyEvents = Record<string, unknown>;

export type TypeOf<Events> = keyof Events & string;

/** One event. `data` is what `parse` made of the text. */
export type StreamEvent<
	Events extends EventMap = AnyEvents,
	Type extends TypeOf<Events> = TypeOf<Events>,
> = {
	[T in Type]: {
		/** The event type; `message` if the stream names none. */
		readonly type: T;
		readonly data: Events[T];
		/** The last event ID after this event, or `undefined` before the first. Opaque. */
		readonly id: string | undefined;
	};
}[Type];

/**
 * The state of a stream:
 * - `connecting`: a request is under way.
 * - `open`: the response is an event stream.
 * - `waiting`: the stream has ended or failed, and the next attempt waits for its time, or for the network.
 * - `buffered`: the last attempts received no byte in time. Something between the server and this client holds responses back,
 *   such as a buffering proxy, an antivirus program or React Native's `fetch`. Meanwhile events arrive by long-polling, unless
 *   `longPoll` is false.
 * - `closed`: the stream has ended for good. `error` holds the cause, unless it was `close()` or the server's 204.
 */
export type StreamState = "connecting" | "open" | "waiting" | "buffered" | "closed";

/** A gap: the server could not replay everything that this client missed. */
export interface GapInfo {
	/** The server's reason: `expired`, `epoch`, `diverged`, `invalid`, `slow`; or `relay`: this tab missed events of a shared stream. */
	readonly reason: string;
	/** The position after the gap, from which the stream continues. */
	readonly id: string | undefined;
}

export interface RetryOptions {
	/** The first delay, in milliseconds, until the server names one with `retry:`. Default 1,000. */
	readonly baseMs?: number | undefined;
	/** No delay is longer, in milliseconds, unless `retry:` or `Retry-After` says so. Default 30,000. */
	readonly maxMs?: number | undefined;
	/**
	 * The share of a delay that is random, from 0 to 1. Default 0.5: a delay is 50 to 100 % of its value, but never less than the
	 * server asks for by `retry:` or `Retry-After`, and then 100 to 150 % of that.
	 */
	readonly jitter?: number | undefined;
}

/** The part of a Standard Schema (standardschema.dev, version 1) that is used here; Zod, Valibot, ArkType and others have it. */
export interface Schema<Output = unknown> {
	readonly "~standard": {
		readonly validate: (
			value: unknown,
		) =>
			| { readonly value: Output; readonly issues?: undefined }
			| { readonly issues: readonly { readonly message: string }[] }
			| Promise<unknown>;
	};
}

/**
 * How the text of an event becomes its data:
 * - `"auto"`: the value of the JSON, or the text itself if it is not JSON.
 * - `"json"`: the value of the JSON; other text is an error, and the event is skipped.
 * - `"text"`: the text.
 * - a function; what it throws is an error, and the event is skipped.
 * - schemas by event type: JSON, validated. A type without a schema is read as with `"json"`.
 */
export type Parse<Events extends EventMap = AnyEvents> =
	| "auto"
	| "json"
	| "text"
	| ((text: string, type: string) => unknown)
	| { readonly [Type in TypeOf<Events>]?: Schema<Events[Type]> };

export interface SharedOptions {
	/**
	 * How many of the latest events each tab keeps for tabs that missed them. Default 1,000. A tab that missed more
	 * receives a gap with reason `relay`.
	 */
	readonly maxEvents?: number | undefined;
	/** How long a tab hears nothing before it asks whether the leading tab is alive, in milliseconds. Default 10,000. */
	readonly silenceMs?: number | undefined;
}

type MaybePromise<T> = T | Promise<T>;

// Named through `RequestInit`: Node's types have no global names for them, and a program for Node has no DOM's.
type Body = NonNullable<RequestInit["body"]>;
type HeadersOf = NonNullable<RequestInit["headers"]>;

export interface StreamOptions<Events extends EventMap = AnyEvents> {
	/** The request method. Default `GET`. */
	readonly method?: string | undefined;
	/** The request body, or a function that creates it for each attempt. A stream can be sent only once, so pass a function. */
	readonly body?: Body | null | (() => MaybePromise<Body>) | undefined;
	/** Request headers, or a function called for each attempt: for a token that expires. */
	readonly headers?: HeadersOf | (() => MaybePromise<HeadersOf>) | undefined;
	/** Default: that of `fetch`, `same-origin`. */
	readonly credentials?: RequestInit["credentials"] | undefined;
	/** Another `fetch`. Default: the global one, looked up for each attempt. */
	readonly fetch?: typeof fetch | undefined;
	/** Closes the stream when it aborts. */
	readonly signal?: AbortSignal | undefined;
	/** The position to begin from. A position kept under `name` takes precedence. Storage that has none returns `null`: none. */
	readonly lastEventId?: string | null | undefined;
	/**
	 * How the position is sent: as the header `Last-Event-ID`, or as the query parameter `lastEventId`. The header requires
	 * a preflight for another origin; the query works with `sse-service` and many polyfills. Default `header`.
	 */
	readonly lastEventIdIn?: "header" | "query" | undefined;
	/**
	 * Keeps the position in the tab's session storage under this name, so that a reload continues from it. Also names the
	 * stream that `shared` shares. Default: nothing is kept.
	 */
	readonly name?: string | undefined;
	readonly retry?: RetryOptions | undefined;
	/**
	 * Called on a 401; the next attempt follows at once. A second consecutive 401 ends the stream, and so does an error thrown
	 * here. Without this option a 401 ends the stream.
	 */
	readonly onUnauthorized?: (() => unknown) | undefined;
	/**
	 * Whether a refusal is final: any status but 200. Default: every status up to 499 except 408, 421, 425 and 429, and 501 and 505.
	 * For `EventSource`, all are final; but a server that is restarted answers 502 or 503 for a while. A 204 always
	 * ends the stream: HTML, section 9.2.3, "Clients can be told to stop reconnecting using the HTTP 204 response".
	 */
	readonly isFinal?: ((status: number) => boolean) | undefined;
	/**
	 * Closes the stream when a response has ended, as at a 204: for a server that begins a new answer for each request. After a
	 * connection that broke, another attempt follows. Not for an `sse-service` that keeps the stream or the run: when it shuts down,
	 * it ends its responses so that clients continue elsewhere. Default false: another attempt follows, as with `EventSource`.
	 */
	readonly closeOnEnd?: boolean | undefined;
	/**
	 * Reconnects when nothing has arrived for this long, in milliseconds; 0: never. Default: three times the heartbeat interval
	 * that `sse-service` announces in the response header `SSE-Heartbeat`; never for servers that announce none.
	 */
	readonly stallAfterMs?: number | undefined;
	/**
	 * How long the response may take to begin, in milliseconds; 0: no limit. Default 30,000. `headers` and `body` may take as
	 * long, too, before they are called again. What waits for a user belongs in `onUnauthorized`, which has no limit.
	 */
	readonly connectTimeoutMs?: number | undefined;
	/** The event type with which the server reports missing events. Default `gap`, as the server's option `gapEvent`. */
	readonly gapEvent?: string | undefined;
	/** Called when events are missing: reload the state. Without it, a gap is an ordinary event. */
	readonly onGap?: ((info: GapInfo) => unknown) | undefined;
	/** Default `"auto"`. */
	readonly parse?: Parse<Events> | undefined;
	/** Called for each failure. `error.final` is false if another attempt follows. */
	readonly onError?: ((error: StreamError) => unknown) | undefined;
	/**
	 * Closes the connection while the page is hidden, and resumes when it is visible. A shared stream is closed while the pages of
	 * all its tabs are hidden; a hidden tab receives events from a visible one. If that one is new, it begins where it joins, and
	 * what the hidden tabs missed is a gap with reason `relay`. Default false.
	 */
	readonly pauseWhenHidden?: boolean | undefined;
	/**
	 * Falls back to long-polling while something on the way holds streams back: after three attempts without a byte in time, the
	 * query of the requests gets `live=poll`, for ten minutes at a time. `sse-service` with `history` answers these with the next
	 * events; other servers ignore it. Default true.
	 */
	readonly longPoll?: boolean | undefined;
	/** How long the `data` lines of an event, or any other line, may be, in characters. A longer one ends the connection. Default 16,777,216. */
	readonly maxEventLength?: number | undefined;
	/**
	 * How many events may wait for an iterator. Default 1,000. At this number the connection is not read until the iterator
	 * catches up. A tab that shares its stream with others takes no more either, but does not hold them up: it receives the rest
	 * afterwards, and what is no longer kept is a gap with reason `relay`.
	 */
	readonly maxWaiting?: number | undefined;
	/**
	 * How long the events that wait for an iterator may be together, in characters of their types, texts and ids. Default
	 * 16,777,216. Above this the connection is not read, as with `maxWaiting`.
	 */
	readonly maxWaitingLength?: number | undefined;
	/**
	 * One stream for all tabs of this origin that open it under the same `name` (default: the URL). Needs Web Locks and
	 * BroadcastChannel; without them each tab opens its own, and so does each stream in Node. Default false.
	 */
	readonly shared?: boolean | SharedOptions | undefined;
}

/** Options that say nothing of the types of events. From a string, TypeScript would infer a map with the members of a string. */
export type UntypedOptions = StreamOptions & { readonly parse: "auto" | "json" | "text" };

/** An event stream that reconnects by itself. Listeners run in the order of the stream. */
export interface EventStream<Events extends EventMap = AnyEvents>
	extends AsyncIterable<StreamEvent<Events>> {
	readonly state: StreamState;
	/** The position of the stream: the last event ID, as received. Opaque. */
	readonly lastEventId: string | undefined;
	/** The latest failure; `undefined` again once the stream is open, or a long poll has been answered. */
	readonly error: StreamError | undefined;
	/** Aborts when the stream has closed, for any cause. */
	readonly signal: AbortSignal;

	/**
	 * Calls `listener` for each event of a type. What it throws is reported as an uncaught error, and affects nothing else.
	 *
	 * @returns a function that removes it
	 */
	on<Type extends TypeOf<Events>>(
		type: Type,
		listener: (event: StreamEvent<Events, Type>) => unknown,
	): () => void;

	/** Calls `listener` on each change of `state`. @returns a function that removes it */
	onState(listener: (state: StreamState) => unknown): () => void;

	/**
	 * Iterates over the events from now on. Ends when the stream closes; throws its `error` if it failed. While `maxWaiting`
	 * events wait for an iterator, or more than `maxWaitingLength`, the connection is not read: a reader that is too slow slows
	 * the server, and does not fill memory. Leaving the loop does not close the stream.
	 */
	[Symbol.asyncIterator](): AsyncIterator<StreamEvent<Events>, undefined>;

	/** Ends the stream for good. Nothing is delivered afterwards. */
	close(): void;
}

/**
 * One connection: its handle, and how it ends. Types only: nothing here runs.
 */
import type { HttpResponse } from "./http.js";
import type {
	AnyEvents,
	EventType,
	MessageData,
	MessageOptions,
	PipedEvent,
	SendOptions,
} from "./message.js";

/**
 * What `pipe` reads: items, a promise of them, or a function that receives the connection's signal and returns either. Items that
 * are promises are awaited, in order.
 */
export type PipeSource<Item> =
	| Iterable<Item>
	| AsyncIterable<Item>
	| PromiseLike<Iterable<Item> | AsyncIterable<Item>>
	| ((
			signal: AbortSignal,
	  ) => Iterable<Item> | AsyncIterable<Item> | PromiseLike<Iterable<Item> | AsyncIterable<Item>>);

/** The options of `pipe`; they apply to every item. */
export interface PipeOptions<Item, Events extends object = AnyEvents> extends SendOptions {
	/** Turns an item into an event; each item needs one. Default: the item is the data, with these options. */
	readonly toEvent?:
		| ((item: Awaited<Item>) => PipedEvent<Events> | PromiseLike<PipedEvent<Events>>)
		| undefined;
}

/** The option `toEvent` of `pipe`. With an event map, items without it are themselves the data. */
export type PipeToEvent<Item, Events extends object> = string extends keyof Events
	? Pick<PipeOptions<Item>, "toEvent">
	: Required<Pick<PipeOptions<Item, Events>, "toEvent">>;

/**
 * Why a connection ended. `disconnect(target, reason)` and `close(reason)` can use others.
 * - `client`: the client left.
 * - `server`: this side ended it.
 * - `slow`: the client did not read: its queue reached `maxBufferedBytes`, or it accepted nothing for `stallTimeoutMs`.
 * - `expired`: its `expiresAt` was near.
 * - `age`: it reached `maxConnectionAgeMs`.
 * - `shutdown`: the service was closed.
 * - `poll`: a long poll (`?live=poll`) was answered.
 * - `replaced`: a newer connection of its client took its place (`clientLimitPolicy`).
 * - `error`: writing to it threw, or the application failed ({@link SSEConnection.fail}).
 * - `head`: a HEAD request, answered with headers only.
 * - `refused`: `connectSSE` refused the request and answered it with the status of the error.
 */
export type CloseReason =
	| "client"
	| "server"
	| "slow"
	| "expired"
	| "age"
	| "shutdown"
	| "poll"
	| "replaced"
	| "error"
	| "head"
	| "refused"
	| (string & {});

/**
 * What happens when the queue of a connection reaches `maxBufferedBytes`:
 * - `close`: the connection ends with reason `slow`, and its client reconnects.
 * - `drop-oldest`: the oldest waiting events are dropped, at least a sixteenth of them at a time.
 * - `drop-newest`: the new event is dropped.
 * - `conflate`: like `close`; but while the connection is behind, an event with a `key` replaces the waiting one with that key.
 *
 * With `history`, a `gap` event marks the place of dropped events.
 */
export type SlowPolicy = "close" | "drop-oldest" | "drop-newest" | "conflate";

/** The handle of one connection. Every member works after the connection has closed; sends then return 0. */
export interface SSEConnection<Events extends object = AnyEvents> {
	/**
	 * Never there. By it the compiler compares the maps of two handles, event by event. Without it, it compares how `send` uses
	 * them, and refuses a service with a map where one without is asked for.
	 *
	 * @internal
	 */
	"~events"?(map: { [Type in keyof Events]-?: Events[Type] }): void;
	readonly clientId: string;
	/**
	 * Node's response, which carries the event stream. End it with `close`: a bare `res.end()` loses events sent in the same tick.
	 * Write to it yourself only while `bufferedBytes` is 0: what is sent in one tick is joined, and goes out in pieces where it is more
	 * than 80 KiB, so that a write between them cuts an event.
	 */
	readonly response: HttpResponse;
	/** The groups of the connection; after it has closed, its last ones. */
	readonly groups: readonly string[];
	/**
	 * The `Last-Event-ID` of the request (header, else query `lastEventId`), or `undefined`. `""`: the query has it, and it is empty;
	 * with `history`, such a client reconnects without an id and receives a gap. Untrusted input.
	 */
	readonly lastEventId: string | undefined;
	/**
	 * The application's own `id` in `lastEventId`: with `history`, the `id` option of the last event, or `undefined` if it had
	 * none; without `history`, `lastEventId` itself. Untrusted input.
	 */
	readonly lastOwnId: string | undefined;
	/**
	 * Whether the client has reconnected and has received, or is receiving, everything it missed. False until `recover` has supplied
	 * it. A replay, and `recover`, start at the end of the tick; before, this says whether, as far as this process knows at once, the
	 * log still has everything for the groups that the connection is in so far.
	 */
	readonly resumed: boolean;
	readonly closed: boolean;
	/** `undefined` while the connection is open. */
	readonly closeReason: CloseReason | undefined;
	/** Bytes that the operating system has not accepted yet: at most `maxBufferedBytes`, plus one larger event. Each waiting event counts 128 more. */
	readonly bufferedBytes: number;
	/**
	 * Aborts when the connection ends, for any reason. Its `reason` is an `AbortError` with `code`
	 * `ERR_SSE_CONNECTION_CLOSED`, whose `reason` is the close reason.
	 *
	 * An `abort` listener that throws does so outside of this library: Node reports an uncaught exception, not `onError`, and the
	 * process ends unless it handles that. See https://nodejs.org/api/events.html#eventtarget-error-handling
	 */
	readonly signal: AbortSignal;

	/** What `JSON.stringify`, `console.log` and loggers show: client id, groups, last event id, buffered bytes and close reason. */
	toJSON(): object;

	/**
	 * Sends one event to this connection.
	 *
	 * @returns 1, or 0 if the connection is closed or its queue dropped the event
	 * @throws like {@link SSEService.send}
	 */
	send<Type extends EventType<Events>>(
		data: Events[Type],
		options: SendOptions & { readonly event: Type },
	): number;
	send(data: MessageData<Events>, options?: MessageOptions<Events>): number;

	/**
	 * Sends one event per item of `source`, no faster than the client reads.
	 *
	 * When the connection closes, the source's iterator is closed (`return()`), or a stream (at once), the signal of a function source
	 * aborts, and the promise resolves at once. When the source ends, the connection stays open.
	 *
	 * @returns a promise of the number of events sent
	 * @throws (rejects) what the source throws; `ERR_SSE_INVALID_SOURCE`; `ERR_SSE_INVALID_*` for an item that cannot be sent:
	 * the source's iterator is then closed, and the connection stays open
	 */
	pipe<Type extends EventType<Events>>(
		source: PipeSource<Events[Type] | PromiseLike<Events[Type]>>,
		options: SendOptions & { readonly event: Type; readonly toEvent?: undefined },
	): Promise<number>;
	pipe<Item>(
		source: PipeSource<Item>,
		options: MessageOptions<Events> & PipeToEvent<Item, Events>,
	): Promise<number>;
	pipe<Item extends MessageData<Events> | PromiseLike<MessageData<Events>>>(
		source: PipeSource<Item>,
		options?: MessageOptions<Events> & { readonly toEvent?: undefined },
	): Promise<number>;

	/**
	 * Flushes and ends the stream. Does nothing if the connection is already closed.
	 *
	 * @param reason default `server`
	 */
	close(reason?: CloseReason): void;

	/**
	 * Ends the stream because the application failed, like `close("error")`. `onError` receives `error` with the stage `handler`,
	 * and so do the disconnect callbacks. Adapters call this when a handler throws after its stream has opened. If the
	 * connection is already closed, only `onError` receives the error; an `ERR_SSE_CONNECTION_CLOSED`, which only reports the
	 * close itself, is dropped.
	 */
	fail(error: unknown): void;
}

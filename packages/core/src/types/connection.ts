/**
 * One connection: what opens it, its handle, and how it ends. Types only: nothing here runs.
 */
import type { DisconnectInfo } from "./callbacks.js";
import type { Meta, SSEClientObjInterface } from "./client.js";
import type { HttpResponse, RequestLike, ResponseLike, SSEHeaders } from "./http.js";
import type {
	AnyEvents,
	EventType,
	MessageData,
	MessageOptions,
	SendOptions,
	SSEMessage,
} from "./message.js";

/** What `pipe` reads: its items, of which promises are awaited in their turn, or a function that is given the connection's signal and returns them. */
export type PipeSource<Item> =
	| Iterable<Item>
	| AsyncIterable<Item>
	| ((signal: AbortSignal) => Iterable<Item> | AsyncIterable<Item>);

export interface PipeOptions<Item> extends SendOptions {
	/** The event that an item becomes. Default: the item is the data, the rest is as these options say. */
	readonly toEvent?: ((item: Awaited<Item>) => SSEMessage | PromiseLike<SSEMessage>) | undefined;
}

/**
 * Why a connection ended. `disconnect(target, reason)` and `close(reason)` may name others.
 * - `client`: the client left.
 * - `server`: this side ended it.
 * - `slow`: the client did not read: its queue reached `maxBufferedBytes`, or it took nothing for `stallTimeoutMs`.
 * - `expired`: its `expiresAt` was near.
 * - `age`: it had reached `maxConnectionAgeMs`.
 * - `shutdown`: the service was closed.
 * - `error`: writing to it threw, or the application failed ({@link SSEConnection.fail}).
 * - `head`: a HEAD request, answered with headers only.
 */
export type CloseReason =
	| "client"
	| "server"
	| "slow"
	| "expired"
	| "age"
	| "shutdown"
	| "error"
	| "head"
	| (string & {});

/**
 * What a connection does that is behind by `maxBufferedBytes`:
 * - `close`: it ends with reason `slow`, and its client reconnects.
 * - `drop-oldest`: the oldest events that wait are dropped, at least a sixteenth of what waits at a time.
 * - `drop-newest`: the new event is dropped.
 * - `conflate`: as `close`; but from when it is behind, an event with a `key` takes the place of the one with that key that waits.
 *
 * With `history`, a `gap` event tells the client where others were dropped.
 */
export type SlowPolicy = "close" | "drop-oldest" | "drop-newest" | "conflate";

/** The handle of one connection. Every member may be used after it has closed; sends then return 0. */
export interface SSEConnection<Events extends object = AnyEvents> {
	readonly clientId: string;
	/** Node's response, which carries the event stream. End it with `close`: a bare `res.end()` overtakes what was sent in the same turn. */
	readonly response: HttpResponse;
	/** The groups it is in; once it has closed, those it was in then. */
	readonly groups: readonly string[];
	/** The `Last-Event-ID` the client came with (header, else query), or `undefined`. Untrusted input. */
	readonly lastEventId: string | undefined;
	/**
	 * The `id` of the application's own in it, or `undefined`: with `history` what it was sent with, if the last event had one;
	 * without, `lastEventId` itself. Untrusted input.
	 */
	readonly lastOwnId: string | undefined;
	/**
	 * Whether its client came back and has had, or is being given, all that it missed. False while an asynchronous `recover` has
	 * not given all yet.
	 */
	readonly resumed: boolean;
	readonly closed: boolean;
	/** `undefined` while it is open. */
	readonly closeReason: CloseReason | undefined;
	/** Bytes sent to it and not yet taken over by the operating system: at most `maxBufferedBytes`, or that and one larger event. Each that waits counts 128 more. */
	readonly bufferedBytes: number;
	/**
	 * Aborted when the connection ends, for whatever cause. Its `reason` is an `AbortError` with
	 * `code` `ERR_SSE_CONNECTION_CLOSED`, whose `reason` is the close reason.
	 */
	readonly signal: AbortSignal;

	/**
	 * Send one event to this connection.
	 *
	 * @returns 1, or 0 when it is closed or its queue dropped the event
	 * @throws as {@link SSEService.send}
	 */
	send<Type extends EventType<Events>>(
		data: Events[Type],
		options: SendOptions & { readonly event: Type },
	): number;
	send(data: MessageData<Events>, options?: MessageOptions<Events>): number;

	/**
	 * Send an event for each item of `source`, no faster than the client reads.
	 *
	 * When the connection closes, the source's iterator is told (`return()`), the signal that a
	 * function source was given is aborted, and the promise resolves at once. The connection stays open
	 * when the source ends.
	 *
	 * @returns a promise of the number of events sent
	 * @throws (rejects) what the source throws, and `ERR_SSE_INVALID_*` of an item that cannot be sent;
	 * the source's iterator is then closed and the connection left open
	 */
	pipe<Item>(source: PipeSource<Item>, options?: PipeOptions<Item>): Promise<number>;

	/** End the stream in an orderly way, what was sent to it first. Does nothing when it is closed. `reason`: default `server` */
	close(reason?: CloseReason): void;

	/**
	 * End the stream because the application failed: as `close("error")`. `onError` gets `error` with the stage `handler`, and
	 * the callbacks for the end get it too. Adapters call this with what a handler throws after its stream has opened. When
	 * the connection is closed, only `onError` gets it; if all it says is that the connection closed
	 * (`ERR_SSE_CONNECTION_CLOSED`), nobody does.
	 */
	fail(error: unknown): void;
}

/** What `connectSSE` and `connect` are given. */
export interface ConnectParams<Events extends object = AnyEvents> {
	/** Node's request, or a framework's wrapper that carries it as `raw`. Its body is left to the application. */
	readonly req: RequestLike;
	/** Node's response, or a framework's wrapper that carries it as `raw`. Nothing may have been sent on it. */
	readonly res: ResponseLike;
	/** Headers the framework has set and not yet given to Node. They pass through, but for those of the event stream itself. */
	readonly originalResHeaders?: SSEHeaders | undefined;
	/**
	 * Kept with the client in each of the groups named here (or the default group) in which this is its first connection; later ones
	 * change nothing. With an `eventLog`, JSON has to be able to represent it: other processes are given it when they ask for clients.
	 */
	readonly meta?: Meta | undefined;
	/** Who is connecting: 1 to `maxClientIdLength` characters. Default: a generated id of 21. */
	readonly clientId?: string | undefined;
	/** The group to be in: 1 to `maxGroupNameLength` characters. Default: the default group. */
	readonly groupName?: string | undefined;
	/** Several groups to be in, besides `groupName` if that is told. An empty array is no group at all. */
	readonly groups?: readonly string[] | undefined;
	/** When what authorized the client expires: a Date, or milliseconds since the epoch. The stream ends by itself a tenth of its time before, at most a second, with reason `expired`. Default: never. */
	readonly expiresAt?: Date | number | undefined;
	/**
	 * Runs exactly once, after the connection has ended, also when it never opened because the client had left; in the
	 * `AsyncLocalStorage` context of the call.
	 */
	readonly onDisconnectCb?: ((info: DisconnectInfo<Events>) => unknown) | undefined;
}

/** What `connectSSE` and `connect` return. */
export interface ConnectResult<Events extends object = AnyEvents> {
	readonly client: SSEClientObjInterface;
	/** Node's response, as documented. */
	readonly currConnection: HttpResponse;
	/** The richer handle of the same connection. */
	readonly connection: SSEConnection<Events>;
}

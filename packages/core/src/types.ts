/**
 * The words of the public interface. Types only: nothing here runs.
 */
import type { IncomingMessage, OutgoingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";

/** A request of `node:http`, `node:https` or `node:http2` (compatibility API). */
export type HttpRequest = IncomingMessage | Http2ServerRequest;

/** A response of `node:http`, `node:https` or `node:http2` (compatibility API). */
export type HttpResponse = (ServerResponse | Http2ServerResponse) & OutgoingMessage;

/** Response headers, as Node's `getHeaders()` and frameworks' give them. */
export interface SSEHeaders {
	readonly [name: string]: number | string | readonly string[] | undefined;
}

/** The documented name of {@link SSEHeaders}. */
export type HttpResponseHeaders = SSEHeaders;

/** Node's object, or a framework's wrapper that carries it as `raw`. */
export type Raw<T> = T | { readonly raw: T };

/** The request `connect` takes. */
export type RequestLike = Raw<IncomingMessage | Http2ServerRequest>;

/** The response `connect` takes. */
export type ResponseLike = Raw<ServerResponse | Http2ServerResponse>;

/** Application data kept with a client. */
// biome-ignore lint/suspicious/noExplicitAny: the documented type; `unknown` would break `client.meta.name`.
export type Meta = Record<string, any>;

/** A client as the documented functions give it: a live view, which follows connects and disconnects. */
export interface SSEClientObjInterface {
	readonly clientId: string;
	/** What `meta` was when the client appeared, or what `setClientMetadata` made it. `{}` if it was not told. */
	readonly meta: Meta;
	/** The responses of this client's open connections, in the order of connecting. */
	readonly connections: HttpResponse[];
}

/**
 * Event types and the data each carries, for a service that the compiler checks:
 * `createSSEService<{ tick: { price: number } }>()`. Without a map everything is allowed.
 */
export type AnyEvents = Record<string, unknown>;

export type EventType<Events> = keyof Events & string;

/** The data of an event whose type is not told: that of `message`, where the map has one. */
export type MessageData<Events> = string extends keyof Events
	? unknown
	: "message" extends keyof Events
		? Events["message"]
		: never;

/** The options of an event whose type is not told, or not known to the compiler. */
export type MessageOptions<Events> = string extends keyof Events
	? SendOptions
	: SendOptions & { readonly event?: undefined };

/** A connection as one may tell it: its handle (of whatever event map), its response, or the framework's wrapper of that. */
export type ConnectionLike = Pick<SSEConnection, "clientId" | "response" | "signal"> | ResponseLike;

/** Who is left out of a send. */
export type Except = { readonly client: string } | { readonly connection: ConnectionLike };

/** Who a message is for. */
export type Target =
	/** Every connection of the service, whatever its groups. */
	| "all"
	| { readonly all: true; readonly except?: Except | undefined }
	/** Every connection in the group. */
	| { readonly group: string; readonly except?: Except | undefined }
	/** Every connection of the client, or those of them in the group. */
	| {
			readonly client: string;
			readonly group?: string | undefined;
			readonly except?: Except | undefined;
	  }
	/** One connection. */
	| { readonly connection: ConnectionLike };

/** What goes with a message besides its data. */
export interface SendOptions {
	/** The event type: no CR or LF, at most `maxEventTypeLength` characters. Clients listen by it; none, or `""`, is `message`. */
	readonly event?: string | undefined;
	/** The event id: no CR, LF or NUL, at most `maxEventIdLength` characters. The client sends it back as `Last-Event-ID` when it reconnects. */
	readonly id?: string | number | undefined;
	/** The reconnection time to set in the client: an integer of milliseconds from 0 to 2,147,483,647. */
	readonly retry?: number | undefined;
	/** Skip connections that are behind (their socket takes no more for now), and keep no copy for those that come back. Default false. */
	readonly volatile?: boolean | undefined;
	/**
	 * Of the events with this key to the same target, only the newest is of use: it alone is replayed, and with the slow policy
	 * `conflate` it alone waits. A string of at most 256 characters. Not with `volatile`.
	 */
	readonly key?: string | undefined;
	/** After so many milliseconds (an integer from 0 to 2,147,483,647) the event is of no use, and not replayed. Default: it stays of use. Not with `volatile`. */
	readonly ttlMs?: number | undefined;
}

/** An event that is published is kept, so it cannot be volatile. */
export interface PublishOptions extends Omit<SendOptions, "volatile"> {
	/**
	 * Publishing again with the same key does nothing, and answers the id of the first time: for those who are not sure that it
	 * succeeded. Remembered as long, and as many, as events are kept, at most 10,000; by an `eventLog` as that says. A string of at most 256 characters.
	 */
	readonly idempotencyKey?: string | undefined;
}

/** The options object in the place of the documented functions' event type. */
export interface DocumentedSendOptions extends SendOptions {
	/** Default: the default group. */
	readonly group?: string | undefined;
}

/** One event as a value: what `pipe` makes of an item. */
export interface SSEMessage extends SendOptions {
	/** A string goes out as it is, anything else as JSON. */
	readonly data: unknown;
}

/** What `pipe` reads: its items, or a function that is given the connection's signal and returns them. */
export type PipeSource<Item> =
	| Iterable<Item>
	| AsyncIterable<Item>
	| ((signal: AbortSignal) => Iterable<Item> | AsyncIterable<Item>);

export interface PipeOptions<Item> extends SendOptions {
	/** The event that an item becomes. Default: the item is the data, the rest is as these options say. */
	readonly toEvent?: ((item: Item) => SSEMessage) | undefined;
}

/**
 * Why a connection ended. `disconnect(target, reason)` and `close(reason)` may name others.
 * - `client`: the client left.
 * - `server`: this side ended it.
 * - `slow`: the client did not read, and its queue reached `maxBufferedBytes`.
 * - `expired`: its `expiresAt` was near.
 * - `age`: it had reached `maxConnectionAgeMs`.
 * - `shutdown`: the service was closed.
 * - `error`: writing to it threw.
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
 * Why events that a client should have had cannot be given to it.
 * - `expired`: they are not kept any more.
 * - `epoch`: the log has begun anew, as it does with the process when it is in memory.
 * - `diverged`: the log has no such position.
 * - `invalid`: the last event ID is none of ours.
 * - `slow`: the client did not read, and the slow policy dropped them.
 */
export type GapReason = "expired" | "epoch" | "diverged" | "invalid" | "slow";

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
}

/** What `connectSSE` and `connect` are given. */
export interface ConnectParams<Events extends object = AnyEvents> {
	/** Node's request, or a framework's wrapper that carries it as `raw`. Its body is left to the application. */
	readonly req: RequestLike;
	/** Node's response, or a framework's wrapper that carries it as `raw`. Nothing may have been sent on it. */
	readonly res: ResponseLike;
	/** Headers the framework has set and not yet given to Node. They pass through, but for those of the event stream itself. */
	readonly originalResHeaders?: SSEHeaders | undefined;
	/** Kept with the client when this is its first connection; later ones change nothing. */
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

export interface ConnectInfo<Events extends object = AnyEvents> {
	readonly client: SSEClientObjInterface;
	readonly connection: SSEConnection<Events>;
}

export interface DisconnectInfo<Events extends object = AnyEvents> extends ConnectInfo<Events> {
	readonly reason: CloseReason;
}

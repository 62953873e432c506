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

type EventType<Events> = keyof Events & string;
/** The data of an event whose type is not told: that of `message`, where the map has one. */
type MessageData<Events> = string extends keyof Events
	? unknown
	: "message" extends keyof Events
		? Events["message"]
		: never;

/** The options of an event whose type is not told, or not known to the compiler. */
type MessageOptions<Events> = string extends keyof Events
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
	/** The event type: no CR or LF. Clients listen by it; none, or `""`, is `message`. */
	readonly event?: string | undefined;
	/** The event id: no CR, LF or NUL. The client sends it back as `Last-Event-ID` when it reconnects. */
	readonly id?: string | number | undefined;
	/** The reconnection time to set in the client, in milliseconds. */
	readonly retry?: number | undefined;
	/** Skip connections that are behind (their socket takes no more for now), and keep no copy for those that come back. Default false. */
	readonly volatile?: boolean | undefined;
	/**
	 * Of the events with this key to the same target, only the newest is of use: it alone is replayed, and with the slow policy
	 * `conflate` it alone waits. A string of at most 256 characters.
	 */
	readonly key?: string | undefined;
	/** After so many milliseconds the event is of no use: it is not replayed any more. Default: it stays of use. */
	readonly ttlMs?: number | undefined;
}

export interface PublishOptions extends SendOptions {
	/**
	 * Publishing again with the same key does nothing, and answers the id of the first time: for those who are not sure that it
	 * succeeded. Remembered as long, and as many, as events are kept. A string of at most 256 characters.
	 */
	readonly idempotencyKey?: string | undefined;
}

/** The options of a published event whose type is not told, or not known to the compiler. */
type PublishMessageOptions<Events> = string extends keyof Events
	? PublishOptions
	: PublishOptions & { readonly event?: undefined };

/** An event in the event log. */
export interface Published {
	/** The `id` that clients are sent with it. */
	readonly id: string;
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

/** An event that makes up for a gap. */
export interface RecoveredEvent {
	/** A string goes out as it is, anything else as JSON. */
	readonly data: unknown;
	/** The event type. */
	readonly event?: string | undefined;
}

/** What `recover` gives. */
export type RecoverSource = Iterable<RecoveredEvent> | AsyncIterable<RecoveredEvent>;

export interface RecoverInfo {
	readonly client: SSEClientObjInterface;
	/** The groups that the connection is in. */
	readonly groups: readonly string[];
	/** What the client came with. Untrusted input. */
	readonly lastEventId: string;
	readonly reason: GapReason;
}

/** How much of what was sent is kept, whichever is reached first. Positive integers, or `Infinity`. */
export interface HistoryLimits {
	/** Default 10,000. */
	readonly maxEvents?: number | undefined;
	/** Bytes in memory: those of the events, and about 700 for each. Default 16 MiB. */
	readonly maxBytes?: number | undefined;
	/** Milliseconds. Default 300,000, five minutes. */
	readonly maxAgeMs?: number | undefined;
}

/** The same for one group, on its own. What is not told is as for the service. */
export interface GroupHistory extends HistoryLimits {
	/**
	 * Keep the newest event of each `key`, and nothing else, and give these to whoever comes to the group, first of all. An
	 * event without a key replaces the last one without. `maxAgeMs` is then `Infinity` unless told. Default false.
	 */
	readonly latest?: boolean | undefined;
}

export interface HistoryOptions extends HistoryLimits {
	/** Groups that are kept apart, by name. */
	readonly groups?: { readonly [group: string]: GroupHistory } | undefined;
}

/** The handle of one connection. Every member may be used after it has closed; sends then return 0. */
export interface SSEConnection<Events extends object = AnyEvents> {
	readonly clientId: string;
	/** Node's response, which carries the event stream. End it with `close`: a bare `res.end()` overtakes what was sent in the same turn. */
	readonly response: HttpResponse;
	/** The groups it is in; once it has closed, those it was in then. */
	readonly groups: readonly string[];
	/** The `Last-Event-ID` the client came with (header, else query), or `undefined`. Untrusted input. */
	readonly lastEventId: string | undefined;
	/** Whether its client came back and has had, or is being given, all that it missed. */
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

	/** End the stream in an orderly way, what was sent to it first. Does nothing when it is closed. */
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
	/** Who is connecting. Default: a generated id of 21 characters. */
	readonly clientId?: string | undefined;
	/** The group to be in. Default: the default group. */
	readonly groupName?: string | undefined;
	/** Several groups to be in, besides `groupName` if that is told. An empty array is no group at all. */
	readonly groups?: readonly string[] | undefined;
	/** When what authorized the client expires: a Date, or milliseconds since the epoch. The stream ends by itself a tenth of its time before, at most a second, with reason `expired`. Default: never. */
	readonly expiresAt?: Date | number | undefined;
	/** Runs exactly once, after the connection has ended, also when it never opened because the client had left. */
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

/** Where an error that reached `onError` came from. */
export type ErrorStage =
	| "onConnect"
	| "onDisconnect"
	| "onDisconnectCb"
	| "write"
	| "pipe"
	| "recover";

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

/**
 * How a comment, or a `retry` on its own, ends. Both parse alike by the specification; clients differ:
 * - `"line"`: no blank line follows. Silent in every client tried.
 * - `"block"`: a blank line follows. Three clients (`@microsoft/fetch-event-source`, `extended-eventsource`,
 *   `fetch-event-stream`) then fire an empty message; but a reader that splits the stream at blank lines and
 *   looks for `data:` first needs it, and some know the opening `retry` only from then on.
 */
export type CommentForm = "line" | "block";

export interface SSEServiceOptions<Events extends object = AnyEvents> {
	/** Sent to each connection when it opens: how long a client waits before it reconnects, in milliseconds. Default: not sent. */
	readonly retryMs?: number | undefined;
	/** A connection on which nothing was sent for this long gets a heartbeat, in milliseconds. At most a quarter of it later. 0: none. Default 15,000. */
	readonly heartbeatIntervalMs?: number | undefined;
	/** Make the heartbeat an event of this type, which a browser's page can see, with data `{"intervalMs":…}`. Default: a comment. */
	readonly heartbeatEvent?: string | undefined;
	/** How comments and a lone `retry` end. Default `"line"`. */
	readonly commentForm?: CommentForm | undefined;
	/** The bound of each connection's queue in bytes, what its socket holds included. Default 1 MiB. */
	readonly maxBufferedBytes?: number | undefined;
	/** What happens at that bound. Default `"close"`. */
	readonly slowPolicy?: SlowPolicy | undefined;
	/** Open connections of the service. One more is refused: `ERR_SSE_MAX_CONNECTIONS`, status 503. Default 100,000. */
	readonly maxConnections?: number | undefined;
	/** Open connections of one client. One more is refused: `ERR_SSE_MAX_CONNECTIONS_PER_CLIENT`, status 429. Default 1,000. */
	readonly maxConnectionsPerClient?: number | undefined;
	/** Groups of one connection. One more is refused: `ERR_SSE_MAX_GROUPS`, status 429. Default 1,000. */
	readonly maxGroupsPerConnection?: number | undefined;
	/** Characters of a client id. Default 256. */
	readonly maxClientIdLength?: number | undefined;
	/** Characters of a group name. Default 256. */
	readonly maxGroupNameLength?: number | undefined;
	/** Characters of an event type. Default 256. */
	readonly maxEventTypeLength?: number | undefined;
	/** Characters of an event id, which clients send back in a header. Default 1,024. */
	readonly maxEventIdLength?: number | undefined;
	/** Connections end, with reason `age`, when they are as old as this in milliseconds, each at a random 80 to 100 % of it. 0: never. Default 0. */
	readonly maxConnectionAgeMs?: number | undefined;
	/** Over how long `close` ends the connections unless it is told, in milliseconds. 0: all at once. Default 0. */
	readonly drainMs?: number | undefined;
	/** How long an ended connection may take to send what it holds before it is destroyed, in milliseconds. Default 5,000. */
	readonly closeTimeoutMs?: number | undefined;
	/**
	 * Keep what is sent to groups, clients and everyone, so that a client that comes back is given what it missed. `true`: within
	 * the default limits. Default false.
	 */
	readonly history?: boolean | HistoryOptions | undefined;
	/**
	 * With `history`: what a client is given that missed what is not kept any more, instead of the `gap` event. What it throws goes
	 * to `onError`, and the client is told of the gap.
	 */
	readonly recover?: ((info: RecoverInfo) => RecoverSource | Promise<RecoverSource>) | undefined;
	/** How long `recover`, and each of its events, may take, in milliseconds. Default 10,000. */
	readonly recoverTimeoutMs?: number | undefined;
	/** The type of the event that tells of a gap; its data is `{"reason":…}`. Default `"gap"`. */
	readonly gapEvent?: string | undefined;
	/** Runs when a connection has opened, before anything else is sent to it but what it missed. */
	readonly onConnect?: ((info: ConnectInfo<Events>) => unknown) | undefined;
	/** Runs exactly once for each connection that `onConnect` ran for, after it has left every index. */
	readonly onDisconnect?: ((info: DisconnectInfo<Events>) => unknown) | undefined;
	/** Told what callbacks throw (or reject with), and what writing throws. What it throws itself is dropped. */
	readonly onError?: ((error: unknown, info: { readonly stage: ErrorStage }) => void) | undefined;
}

export interface CloseOptions {
	/** Over how long the connections are ended, in milliseconds. 0: all at once. Default: the service's `drainMs`. */
	readonly drainMs?: number | undefined;
}

/** A group and its size now. */
export interface GroupSize {
	readonly name: string;
	readonly connections: number;
	readonly clients: number;
}

export interface SSEStats {
	/** Open now. */
	readonly connections: number;
	/** With an open connection now. */
	readonly clients: number;
	/** With a connection in them now. */
	readonly groups: number;
	/** Opened since the service was made. */
	readonly connectionsOpened: number;
	/** Deliveries since the service was made: an event handed to three connections counts three. */
	readonly eventsSent: number;
	/** Bytes of event stream written, comments included. */
	readonly bytesSent: number;
	/** Deliveries dropped, by cause: `volatile`, `drop-oldest`, `drop-newest`, `conflate`. */
	readonly drops: Readonly<Record<string, number>>;
	/** Clients that came back with a last event ID, by what they were given: `replayed`, `recovered`, or a gap, by its reason. */
	readonly resumes: Readonly<Record<string, number>>;
	/** What the event log keeps now: events, and bytes in memory. `undefined` without `history`. */
	readonly history: { readonly events: number; readonly bytes: number } | undefined;
	/** Connections ended, by close reason. After 64 different ones further reasons count as `other`. */
	readonly closes: Readonly<Record<string, number>>;
	/** Errors told to `onError`, or that would have been. */
	readonly errors: number;
}

/** One registry of connections, with its options. Made by `createSSEService`. */
export interface SSEService<Events extends object = AnyEvents> {
	/**
	 * Open an event stream on a response and register it.
	 *
	 * A client that has left already gives a connection that is closed (`closed` is true, `closeReason`
	 * `client`): nothing was registered, and `onDisconnectCb` runs. So does a HEAD request, which gets the
	 * headers only (`closeReason` `head`).
	 *
	 * @throws before anything is written: `ERR_SSE_INVALID_*` for a bad parameter, `ERR_SSE_RESPONSE_STARTED`
	 * for a response on which something was sent, and with a `statusCode` `ERR_SSE_EXPIRED`, `ERR_SSE_MAX_CONNECTIONS`,
	 * `ERR_SSE_MAX_CONNECTIONS_PER_CLIENT`, `ERR_SSE_MAX_GROUPS`, `ERR_SSE_SERVICE_CLOSED`
	 */
	connect(params: ConnectParams<Events>): ConnectResult<Events>;

	/**
	 * Send one event to a target. It is encoded once, and leaves at the end of this turn of the event loop.
	 *
	 * @returns the number of connections it was handed to: 0 means nobody is here
	 * @throws before anything is sent: `ERR_SSE_INVALID_TARGET`, `ERR_SSE_INVALID_DATA`, `ERR_SSE_INVALID_EVENT`,
	 * `ERR_SSE_INVALID_ID`, `ERR_SSE_INVALID_RETRY`, `ERR_SSE_INVALID_OPTION`; never because a client has left
	 */
	send<Type extends EventType<Events>>(
		target: Target,
		data: Events[Type],
		options: SendOptions & { readonly event: Type },
	): number;
	send(target: Target, data: MessageData<Events>, options?: MessageOptions<Events>): number;

	/**
	 * Send one event through the event log, and hear of its place there. Needs `history`.
	 *
	 * @param target any but a single connection: what is sent to one is not kept
	 * @returns a promise of the id that clients are sent with it, settled when the event log has the event
	 * @throws (rejects) as {@link send}, and `ERR_SSE_NO_HISTORY`
	 */
	publish<Type extends EventType<Events>>(
		target: Target,
		data: Events[Type],
		options: PublishOptions & { readonly event: Type },
	): Promise<Published>;
	publish(
		target: Target,
		data: MessageData<Events>,
		options?: PublishMessageOptions<Events>,
	): Promise<Published>;

	/**
	 * Put the target's open connections into one or more groups. Connections the client opens later are not affected.
	 *
	 * @returns the number of connections that are in a group they were not in before
	 * @throws `ERR_SSE_MAX_GROUPS` when one of them would be in too many; then none has joined
	 */
	join(target: Target, groups: string | readonly string[]): number;

	/** Take the target's connections out of one or more groups. They stay open. @returns the number that were in one */
	leave(target: Target, groups: string | readonly string[]): number;

	/** End the target's connections in an orderly way, what was sent to them first. @returns how many were open */
	disconnect(target: Target, reason?: CloseReason): number;

	/** The client, or `undefined` when it has no open connection (in `group`, if that is told). */
	getClient(clientId: string, group?: string): SSEClientObjInterface | undefined;

	/** Every client with an open connection (in `group`, if that is told). */
	getClients(group?: string): SSEClientObjInterface[];

	/** Every group that has a connection, with its size. */
	getGroups(): GroupSize[];

	/** Replace a client's `meta`. @returns the client, or `undefined` when it has no open connection (in `group`, if that is told) */
	setMetadata(clientId: string, meta: Meta, group?: string): SSEClientObjInterface | undefined;

	/** Figures of this moment and counters since the service was made. */
	stats(): SSEStats;

	/**
	 * End every stream, what was sent first, with reason `shutdown`, and refuse new ones. Later calls answer the same promise.
	 *
	 * With `drainMs` they are ended evenly over that time, oldest first, and their clients told to come back after 50 to
	 * 150 % of `retryMs` (1,000 ms where there is none); those still open are sent to as ever. A later call ends what is left
	 * at once, or within a `drainMs` that it is told, if that is sooner.
	 *
	 * @returns a promise that resolves when every response has closed; those that take longer than
	 * `closeTimeoutMs` are destroyed
	 * @throws `ERR_SSE_INVALID_OPTION`
	 */
	close(options?: CloseOptions): Promise<void>;
}

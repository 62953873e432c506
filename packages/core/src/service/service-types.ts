/**
 * What a service does. Types only: nothing here runs.
 */
import type { ClientPresence, GroupSize, Meta, SSEClientObjInterface } from "../types/client.js";
import type { ConnectParams, ConnectResult } from "../types/connect.js";
import type { CloseReason } from "../types/connection.js";
import type { HttpServer } from "../types/http.js";
import type {
	AnyEvents,
	EventType,
	MessageData,
	MessageOptions,
	Published,
	PublishMessageOptions,
	PublishOptions,
	SendOptions,
} from "../types/message.js";
import type { SSEHealth, SSEStats } from "../types/stats.js";
import type { Target } from "../types/target.js";

/** The options of `close`. */
export interface CloseOptions {
	/** How long to take to end the connections, evenly, in ms. 0: all at once. Default: the service's `drainMs`. */
	readonly drainMs?: number | undefined;
}

/** One registry of connections, with its options. Created by `createSSEService`. */
export interface SSEService<Events extends object = AnyEvents> {
	/**
	 * Opens an event stream on a response and registers the connection.
	 *
	 * If the client has already left, the connection is closed (`closed` is true, `closeReason` is `client`), nothing is
	 * registered, and `onDisconnectCb` runs. The same goes for a HEAD request, which gets the headers only (`closeReason` is
	 * `head`).
	 *
	 * @throws before anything is written: `ERR_SSE_INVALID_*` for a bad parameter, `ERR_SSE_RESPONSE_STARTED` if the response has
	 * already sent something; and with a `statusCode` `ERR_SSE_EXPIRED`, `ERR_SSE_PIPELINED`,
	 * `ERR_SSE_MAX_CONNECTIONS`, `ERR_SSE_MAX_CONNECTIONS_PER_CLIENT`, `ERR_SSE_MAX_CONNECTIONS_PER_KEY`, `ERR_SSE_MAX_GROUPS`,
	 * `ERR_SSE_SERVICE_CLOSED`
	 */
	connect(params: ConnectParams<Events>): ConnectResult<Events>;

	/**
	 * Sends one event to a target. It is encoded once and flushed at the end of this tick.
	 *
	 * @returns the number of connections of this process that it was handed to; 0 if nobody is connected
	 * @throws before anything is sent: `ERR_SSE_INVALID_TARGET`, `ERR_SSE_INVALID_CLIENT_ID`, `ERR_SSE_INVALID_GROUP`,
	 * `ERR_SSE_INVALID_DATA`, `ERR_SSE_INVALID_EVENT`, `ERR_SSE_INVALID_ID`, `ERR_SSE_INVALID_RETRY`, `ERR_SSE_INVALID_OPTION`;
	 * never because a client has left
	 */
	send<Type extends EventType<Events>>(
		target: Target,
		data: Events[Type],
		options: SendOptions & { readonly event: Type },
	): number;
	send(target: Target, data: MessageData<Events>, options?: MessageOptions<Events>): number;

	/**
	 * Sends one event and resolves once the event log has stored it. Requires `history`.
	 *
	 * @param target any except a single connection, whose events are not kept
	 * @returns a promise of the id that clients receive with the event
	 * @throws (rejects) like {@link send}; `ERR_SSE_NO_HISTORY`; `ERR_SSE_SERVICE_CLOSED` once `close` has finished; with an `eventLog` also
	 * `ERR_SSE_TIMEOUT`, `ERR_SSE_LOG_BUSY` and `ERR_SSE_LOG_FAILED`, each with a `statusCode`
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
	 * Adds the target's open connections to one or more groups. Connections that the client opens later are not affected.
	 *
	 * @returns the number of connections that joined at least one new group
	 * @throws `ERR_SSE_INVALID_TARGET`, `ERR_SSE_INVALID_CLIENT_ID`, `ERR_SSE_INVALID_GROUP`; `ERR_SSE_MAX_GROUPS` if one of
	 * them would be in too many: then none has joined
	 */
	join(target: Target, groups: string | readonly string[]): number;

	/**
	 * Removes the target's connections from one or more groups. They stay open.
	 *
	 * @returns the number of connections that were in at least one of them
	 * @throws like {@link join}, except `ERR_SSE_MAX_GROUPS`
	 */
	leave(target: Target, groups: string | readonly string[]): number;

	/**
	 * Flushes and ends the target's connections.
	 *
	 * @param reason default `server`
	 * @returns the number of connections that were open
	 * @throws `ERR_SSE_INVALID_TARGET`, `ERR_SSE_INVALID_CLIENT_ID`, `ERR_SSE_INVALID_GROUP`, `ERR_SSE_INVALID_REASON`
	 */
	disconnect(target: Target, reason?: CloseReason): number;

	/**
	 * Returns the client in `group`, or `undefined` if it has no open connection there.
	 *
	 * Without `group`, the client as a whole: its connections in every group, with the `meta` of the default group.
	 */
	getClient(clientId: string, group?: string): SSEClientObjInterface | undefined;

	/** Returns every client with an open connection in `group`. Without `group`, every client of the service, each as a whole; see {@link getClient}. */
	getClients(group?: string): SSEClientObjInterface[];

	/** Returns every group that has a connection, with its size. */
	getGroups(): GroupSize[];

	/**
	 * Replaces a client's `meta` in `group`, in every process that shares the `eventLog`. Without `group`, in the default group, and
	 * for lookups without one; see {@link getClient}. The `meta` of other groups stays as it is.
	 *
	 * @returns the client, or `undefined` if it has no open connection here (in `group`, if given)
	 * @throws `ERR_SSE_INVALID_META` if it is not an object or, with an `eventLog`, if JSON cannot represent it
	 */
	setMetadata(clientId: string, meta: Meta, group?: string): SSEClientObjInterface | undefined;

	/**
	 * Returns the clients in `group`, with their `meta` there, that are connected to any process that shares the `eventLog`; without
	 * an `eventLog`, to this one. Without `group`, all clients, each as a whole; see {@link getClient}.
	 *
	 * The call asks the other processes and waits at most 2 s for their answer. For the next minute they post their lists, with
	 * `meta` as JSON, to the engine; before that, nothing about clients leaves a process. Other processes appear as of a moment ago,
	 * and a crashed one for up to 16 s. Clients that were asked to reconnect, by `close` or `maxConnectionAgeMs`, stay listed for up
	 * to 16 s as well.
	 *
	 * @throws (rejects) `ERR_SSE_TIMEOUT`, `ERR_SSE_LOG_BUSY`, `ERR_SSE_LOG_FAILED`
	 */
	clientsIn(group?: string): Promise<ClientPresence[]>;

	/** Returns whether a restart would help, and whether to route new clients to this process. */
	health(): SSEHealth;

	/** Returns figures of this moment, and counters since the service was created. */
	stats(): SSEStats;

	/**
	 * Makes `server.close()` end what it would otherwise wait for: the streams on it, and sockets without a request that were
	 * opened after this call (browsers open some ahead). When the last open one of the servers that this was called with closes,
	 * the service closes, too, as by `close()`; one that does not listen yet is not open. Call it before clients connect.
	 *
	 * @returns the server
	 * @throws `ERR_SSE_INVALID_OPTION` for anything else, such as the app of a framework; `ERR_SSE_INVALID_REQUEST` if
	 * `sse-service/fetch` created the service
	 */
	closeWith<Server extends HttpServer>(server: Server): Server;

	/**
	 * Flushes and ends every stream, with reason `shutdown`, and refuses new ones. Later calls return the same promise.
	 *
	 * With `drainMs`, streams end evenly over that time, oldest first, and their clients are asked to reconnect after 50 to 150 % of
	 * `retryMs` (1,000 ms if not set). Streams that are still open keep receiving events. A later call ends the rest at once, or
	 * within its own `drainMs`, if that is sooner.
	 *
	 * @returns a promise that resolves when every response has closed; those that take longer than
	 * `closeTimeoutMs` are destroyed
	 * @throws `ERR_SSE_INVALID_OPTION`
	 */
	close(options?: CloseOptions): Promise<void>;
}

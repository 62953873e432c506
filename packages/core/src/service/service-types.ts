/**
 * A service: the words of the public interface for what it does. Types only: nothing here runs.
 */
import type { ClientPresence, GroupSize, Meta, SSEClientObjInterface } from "../types/client.js";
import type { CloseReason, ConnectParams, ConnectResult } from "../types/connection.js";
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

export interface CloseOptions {
	/** Over how long the connections are ended, in milliseconds. 0: all at once. Default: the service's `drainMs`. */
	readonly drainMs?: number | undefined;
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
	 * Send one event through the event log, and hear of its place there. Needs `history`.
	 *
	 * @param target any but a single connection: what is sent to one is not kept
	 * @returns a promise of the id that clients are sent with it, settled when the event log has the event
	 * @throws (rejects) as {@link send}, `ERR_SSE_NO_HISTORY`, and `ERR_SSE_SERVICE_CLOSED` when `close` has ended; with an `eventLog` also
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
	 * Put the target's open connections into one or more groups. Connections the client opens later are not affected.
	 *
	 * @returns the number of connections that are in a group they were not in before
	 * @throws `ERR_SSE_INVALID_TARGET`, `ERR_SSE_INVALID_CLIENT_ID`, `ERR_SSE_INVALID_GROUP`, and `ERR_SSE_MAX_GROUPS` when one
	 * of them would be in too many; then none has joined
	 */
	join(target: Target, groups: string | readonly string[]): number;

	/** Take the target's connections out of one or more groups. They stay open. @returns the number that were in one @throws as {@link join}, but for its limit */
	leave(target: Target, groups: string | readonly string[]): number;

	/**
	 * End the target's connections in an orderly way, what was sent to them first.
	 *
	 * @param reason default `server`
	 * @returns how many were open
	 * @throws `ERR_SSE_INVALID_TARGET`, `ERR_SSE_INVALID_CLIENT_ID`, `ERR_SSE_INVALID_GROUP`, `ERR_SSE_INVALID_REASON`
	 */
	disconnect(target: Target, reason?: CloseReason): number;

	/**
	 * The client in `group`, or `undefined` when it has no open connection there.
	 *
	 * Without `group`, the client as a whole: its connections in every group, with the `meta` of the default group.
	 */
	getClient(clientId: string, group?: string): SSEClientObjInterface | undefined;

	/** Every client in `group` with an open connection there. Without `group`, every client of the service, each as a whole: see {@link getClient}. */
	getClients(group?: string): SSEClientObjInterface[];

	/** Every group that has a connection, with its size. */
	getGroups(): GroupSize[];

	/**
	 * Replace a client's `meta` in `group`, in every process that shares the `eventLog`. Without `group`, in the default group, and
	 * for lookups without one: see {@link getClient}. The `meta` of other groups stays as it is.
	 *
	 * @returns the client, or `undefined` when it has no open connection here (in `group`, if that is given)
	 * @throws `ERR_SSE_INVALID_META` when it is not an object, or with an `eventLog` when JSON cannot represent it
	 */
	setMetadata(clientId: string, meta: Meta, group?: string): SSEClientObjInterface | undefined;

	/**
	 * The clients in `group`, with their `meta` there, that are connected to any of the processes which share the `eventLog`; without
	 * an `eventLog`, to this one. Without `group`, all clients, each as a whole: see {@link getClient}.
	 *
	 * The call asks the other processes, and waits at most 2 s for their answer. For the next minute they then post their lists, with
	 * `meta` as JSON, to the engine; before, nothing about clients leaves a process. Other processes are seen as they were a moment
	 * ago, and one that has died for up to 16 s. Clients that were sent away to reconnect, by `close` or `maxConnectionAgeMs`, stay
	 * listed for as long.
	 *
	 * @throws (rejects) `ERR_SSE_TIMEOUT`, `ERR_SSE_LOG_BUSY`, `ERR_SSE_LOG_FAILED`
	 */
	clientsIn(group?: string): Promise<ClientPresence[]>;

	/** Whether this process lives, and is ready for new clients. */
	health(): SSEHealth;

	/** Figures of this moment and counters since the service was made. */
	stats(): SSEStats;

	/**
	 * Have `server.close()` end what it would else wait for: the streams on it, and sockets without a request that were opened
	 * after this call (browsers open some ahead). Once no other of the servers that this was called with is open, the service is
	 * closed, as by `close()`. Call it before clients connect.
	 *
	 * @returns the server
	 */
	closeWith<Server extends HttpServer>(server: Server): Server;

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

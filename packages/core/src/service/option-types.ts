/**
 * The options of a service: the words of the public interface for what it is made with. Types only: nothing here runs.
 */

import type { EventLog } from "../event-log/event-log.js";
import type {
	ConnectInfo,
	DisconnectInfo,
	ErrorStage,
	RecoverInfo,
	RecoverSource,
} from "../types/callbacks.js";
import type { SlowPolicy } from "../types/connection.js";
import type { HistoryOptions } from "../types/history.js";
import type { AnyEvents } from "../types/message.js";
import type { CommentForm } from "../wire/event-stream.js";

// The event map checks what it gives, and is not inferred from that.
type Recover<Events extends object> = (
	info: RecoverInfo,
) => RecoverSource<Events> | Promise<RecoverSource<Events>>;

/** Times are integers of milliseconds from 0 to 2,147,483,647, limits positive integers or `Infinity`; else `ERR_SSE_INVALID_OPTION`. */
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
	/**
	 * A connection whose client takes nothing of what waits for it for this long ends with reason `slow`, in milliseconds; up to
	 * a quarter of it later. 0: never. Default: four heartbeat intervals and at least 10,000; 60,000 without heartbeats.
	 */
	readonly stallTimeoutMs?: number | undefined;
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
	 * Keep it in an event log that several processes share (`createEngineEventLog` of `sse-service/engine`): what is sent in one
	 * reaches the clients of all, in one order. `history`, then true unless told, says how much of it each process has in memory.
	 * One log serves one service.
	 */
	readonly eventLog?: EventLog | undefined;
	/**
	 * With `eventLog`: how long the log may take to have an event, in milliseconds; then `publish` rejects with `ERR_SSE_TIMEOUT`,
	 * and `onError` is told of what was sent. It may have it all the same: an `idempotencyKey` makes trying again safe. 0: without
	 * limit. Default 5,000.
	 */
	readonly publishTimeoutMs?: number | undefined;
	/**
	 * With `history`: what a client is given that missed what is not kept any more, instead of the `gap` event. What it throws goes
	 * to `onError`, and the client is told of the gap. For a client that comes back it runs in the `AsyncLocalStorage` context of
	 * its `connect`.
	 */
	readonly recover?: Recover<NoInfer<Events>> | undefined;
	/** With `history`: how long `recover`, and each of its events, may take, in milliseconds. 0: without limit. Default 10,000. */
	readonly recoverTimeoutMs?: number | undefined;
	/**
	 * With `history`: how many `recover` may be asked at a time, each until it has given its first event; further clients wait, for
	 * this and then for their own time. After a loss of the log everyone who is connected recovers at once. Default 100.
	 */
	readonly recoverConcurrency?: number | undefined;
	/** With `history`: the type of the event that tells of a gap; its data is `{"reason":…}`. Default `"gap"`. */
	readonly gapEvent?: string | undefined;
	/**
	 * Runs when a connection has opened and is registered. What it sends before it returns is the first that the client gets, but
	 * for what it missed (or `recover` gives, or the `gap` event): behind that it waits, however long that takes.
	 */
	readonly onConnect?: ((info: ConnectInfo<Events>) => unknown) | undefined;
	/** Runs exactly once for each connection that `onConnect` ran for, after it has left every index. */
	readonly onDisconnect?: ((info: DisconnectInfo<Events>) => unknown) | undefined;
	/**
	 * Told what callbacks throw (or reject with), what writing throws, what could not be appended to the `eventLog` (stage `send`),
	 * and why that is away (stage `log`, once for each outage). What it throws itself is dropped.
	 */
	readonly onError?: ((error: unknown, info: { readonly stage: ErrorStage }) => void) | undefined;
}

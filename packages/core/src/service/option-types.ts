/**
 * The options of a service. Types only: nothing here runs.
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

// The event map checks the return type, and is not inferred from it.
type Recover<Events extends object> = (
	info: RecoverInfo,
) => RecoverSource<Events> | false | Promise<RecoverSource<Events> | false>;

/**
 * The options of a service. Times are integers of milliseconds from 0 to 2,147,483,647; limits are positive integers or
 * `Infinity`. Anything else, or an unknown name, throws `ERR_SSE_INVALID_OPTION`.
 */
export interface SSEServiceOptions<Events extends object = AnyEvents> {
	/** How long a client waits before it reconnects, in ms; sent to each connection when it opens. Default: not sent. */
	readonly retryMs?: number | undefined;
	/** Idle time before a connection gets a heartbeat, in ms; may be up to about 25 % late. 0: none. Default 15,000. */
	readonly heartbeatIntervalMs?: number | undefined;
	/** Sends the heartbeat as an event of this type, with data `{"intervalMs":…}`, which scripts of a page can see. Default: a comment. */
	readonly heartbeatEvent?: string | undefined;
	/** How comments and a lone `retry` end; some clients need `"block"`. Default `"line"`. */
	readonly commentForm?: CommentForm | undefined;
	/** The most bytes each connection may queue, including its socket's buffer. Default 1 MiB. */
	readonly maxBufferedBytes?: number | undefined;
	/** What happens at that limit. Default `"close"`. */
	readonly slowPolicy?: SlowPolicy | undefined;
	/**
	 * Ends a connection with reason `slow` if its client accepts none of the waiting bytes for this long, in ms; may be up to
	 * about 25 % late. 0: never. Default: four heartbeat intervals and at least 10,000; 60,000 without heartbeats.
	 */
	readonly stallTimeoutMs?: number | undefined;
	/** The most open connections of the service. One more is refused: `ERR_SSE_MAX_CONNECTIONS`, status 503. Default 100,000. */
	readonly maxConnections?: number | undefined;
	/** The most open connections of one client. One more is refused: `ERR_SSE_MAX_CONNECTIONS_PER_CLIENT`, status 429. Default 1,000. */
	readonly maxConnectionsPerClient?: number | undefined;
	/**
	 * What happens at `maxConnectionsPerClient`. `"refuse"` refuses the new connection. `"close-oldest"` opens it; the client's
	 * oldest connection receives an event of type `replaced` and ends with that reason. Default `"refuse"`.
	 */
	readonly clientLimitPolicy?: "refuse" | "close-oldest" | undefined;
	/** The most open connections with the same `limitKey`. One more is refused: `ERR_SSE_MAX_CONNECTIONS_PER_KEY`, status 429. Default 1,000. */
	readonly maxConnectionsPerKey?: number | undefined;
	/** The most groups of one connection. One more is refused: `ERR_SSE_MAX_GROUPS`, status 429. Default 1,000. */
	readonly maxGroupsPerConnection?: number | undefined;
	/** The most characters (UTF-16 units) of a client id. Default 256. */
	readonly maxClientIdLength?: number | undefined;
	/** The most characters of a group name. Default 256. */
	readonly maxGroupNameLength?: number | undefined;
	/** The most characters of the `event` of a message. Default 256. */
	readonly maxEventTypeLength?: number | undefined;
	/** The most characters of an event id; clients send it back in a request header. Default 1,024. */
	readonly maxEventIdLength?: number | undefined;
	/** Closes each connection, with reason `age`, at a random 80 to 100 % of this age, in ms, so that clients spread over new processes. 0: never. Default 0. */
	readonly maxConnectionAgeMs?: number | undefined;
	/**
	 * With `history`: how long a request with the query `live=poll` waits for an event, in ms. It is answered with the next events
	 * and then ends, for clients behind a proxy that holds streams back. 0: such a request gets a stream. Default 25,000.
	 */
	readonly longPollMs?: number | undefined;
	/** How long `close` takes to end the connections, evenly, in ms. 0: all at once. Default 0. */
	readonly drainMs?: number | undefined;
	/**
	 * How long an ended connection may take to send what it holds before it is destroyed, in ms. With `closeWith`, also how long a
	 * TLS handshake, or the head of a request, may take once the streams have ended. Default 5,000.
	 */
	readonly closeTimeoutMs?: number | undefined;
	/**
	 * Keeps events sent to groups, clients and everyone, so that a reconnecting client receives what it missed. `true`: within
	 * the default limits. Default false.
	 */
	readonly history?: boolean | HistoryOptions | undefined;
	/**
	 * An event log that several processes share, for example `redisEventLog` of `@sse-service/redis`: what one process sends
	 * reaches the clients of all, in one order. `history` then defaults to true, and limits what each process holds in memory.
	 * One log serves one service.
	 */
	readonly eventLog?: EventLog | undefined;
	/**
	 * With `eventLog`: how long appending an event may take, in ms. After that, `publish` rejects with `ERR_SSE_TIMEOUT`, and
	 * `send` calls `onError`. The event may still be stored: an `idempotencyKey` makes a second attempt safe. 0: no limit.
	 * Default 5,000.
	 */
	readonly publishTimeoutMs?: number | undefined;
	/**
	 * With `eventLog`: how many events, for any client, are read from the engine for one client that reconnects. Events in the
	 * memory of this process do not count. Beyond this, the client receives a gap (`expired`). Default 100,000.
	 */
	readonly maxCatchUpEvents?: number | undefined;
	/**
	 * With `history`: returns the events that a client receives instead of the `gap` event, when what it missed is no longer
	 * kept. They must cover everything sent before the call. If it throws, `onError` is called and the client receives the gap.
	 * For a reconnecting client it runs in the `AsyncLocalStorage` context of its `connect`.
	 */
	readonly recover?: Recover<NoInfer<Events>> | undefined;
	/** With `history`: how long `recover`, and each of its events, may take, in ms. 0: no limit. Default 10,000. */
	readonly recoverTimeoutMs?: number | undefined;
	/**
	 * With `history`: how many `recover` calls run at a time, each until its first event; other clients wait. A call whose
	 * `signal` has aborted counts until it settles, at most for `recoverTimeoutMs` more, or for 10 s where that is 0. After a loss
	 * of the log, every connected client recovers at once. Default 100.
	 */
	readonly recoverConcurrency?: number | undefined;
	/**
	 * With `history`: how long a client waits until its `recover` begins, in ms. After that, `onError` is called with
	 * `ERR_SSE_TIMEOUT`, and the client receives the gap without `recover`. 0: no limit. Default 30,000.
	 */
	readonly recoverWaitMs?: number | undefined;
	/** With `history`: the type of the event that reports a gap; its data is `{"reason":…}`. Default `"gap"`. */
	readonly gapEvent?: string | undefined;
	/**
	 * With `history`: the type of an event that carries the client's position as its `id`, with data `{}`. Each client receives
	 * it after what it missed or the newest state of its groups, or at once. Scripts do not see an id without an event, and some
	 * clients do not store one; with this event they can resume before they have received any other. Default: an `id` without an
	 * event.
	 */
	readonly positionEvent?: string | undefined;
	/**
	 * Runs when a connection has opened and is registered. Events sent before it returns reach the client first, after what it
	 * missed (or what `recover` returns, or the `gap` event).
	 */
	readonly onConnect?: ((info: ConnectInfo<Events>) => unknown) | undefined;
	/** Runs exactly once for each connection that `onConnect` ran for, after the connection has left all groups. */
	readonly onDisconnect?: ((info: DisconnectInfo<Events>) => unknown) | undefined;
	/**
	 * Receives what callbacks throw or reject with, write errors, events that the `eventLog` did not store (stage `send`), and
	 * why the log is unavailable (stage `log`, once per outage). Errors that it throws itself are dropped.
	 */
	readonly onError?: ((error: unknown, info: { readonly stage: ErrorStage }) => void) | undefined;
}

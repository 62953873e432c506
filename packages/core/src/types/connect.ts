/**
 * What opens a connection: the parameters of `connect` and its result. Types only: nothing here runs.
 */
import type { DisconnectInfo } from "./callbacks.js";
import type { Meta, SSEClientObjInterface } from "./client.js";
import type { SSEConnection } from "./connection.js";
import type { HttpResponse, RequestLike, ResponseLike, SSEHeaders } from "./http.js";
import type { AnyEvents } from "./message.js";

/** The parameters of `connect` and `connectSSE`. */
export interface ConnectParams<Events extends object = AnyEvents> {
	/** Node's request, or a framework's wrapper that carries it as `raw`. Reading its body is up to the application. */
	readonly req: RequestLike;
	/** Node's response, or a framework's wrapper that carries it as `raw`. It must not have sent anything. */
	readonly res: ResponseLike;
	/** Headers that the framework has set but not yet passed to Node. They pass through, except those of the event stream itself. */
	readonly originalResHeaders?: SSEHeaders | undefined;
	/**
	 * Kept with the client in each of the named groups (or the default group) in which this is its first connection; later ones
	 * change nothing. With an `eventLog` it must be representable as JSON, because other processes receive it when they ask for
	 * clients. Default `{}`.
	 */
	readonly meta?: Meta | undefined;
	/** Who connects: 1 to `maxClientIdLength` characters. Default: a generated id of 21 characters. */
	readonly clientId?: string | undefined;
	/** One group to join: 1 to `maxGroupNameLength` characters. Default: the default group. */
	readonly groupName?: string | undefined;
	/** Groups to join, in addition to `groupName`. An empty array joins none. */
	readonly groups?: readonly string[] | undefined;
	/**
	 * Only the handle (`connection`, or the response) reaches this connection. It is in no group and in no list; nothing sent to
	 * everyone, a group or its client reaches it, and it receives no history. For the answer to one request, such as the tokens of
	 * a language model. It counts for limits and figures, and ends with the service. Cannot be combined with groups. Default false.
	 */
	readonly standalone?: boolean | undefined;
	/**
	 * What to count this connection by besides its client, such as an address, an account or a tenant: 1 to 256 characters. At most
	 * `maxConnectionsPerKey` are open with the same key. Default: none.
	 */
	readonly limitKey?: string | undefined;
	/**
	 * With the option `history`: where a client without a `Last-Event-ID` begins. `"start"`: with the oldest events that this
	 * process still keeps for it; no gap reports older ones. An `id`, as `publish` returns it: with the events after it, or a
	 * gap. Default `"now"`: with what is sent from now on.
	 */
	readonly since?: "start" | "now" | (string & {}) | undefined;
	/**
	 * When the client's authorization expires: a `Date`, or milliseconds since the epoch. The stream closes shortly before (10 % of
	 * the remaining time, at most 1 s), with reason `expired`. Default: never.
	 */
	readonly expiresAt?: Date | number | undefined;
	/**
	 * Runs exactly once, after the connection has ended, also if it never opened because the client had already left. Runs in
	 * the `AsyncLocalStorage` context of the call. What is falsy counts as omitted, as in 1.x.
	 */
	readonly onDisconnectCb?: ((info: DisconnectInfo<Events>) => unknown) | undefined;
}

/** What `connect` and `connectSSE` return. */
export interface ConnectResult<Events extends object = AnyEvents> {
	readonly client: SSEClientObjInterface;
	/** Node's response, as in 1.x. */
	readonly currConnection: HttpResponse;
	/** The handle of the same connection. */
	readonly connection: SSEConnection<Events>;
}

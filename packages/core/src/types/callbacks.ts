/**
 * What the application's callbacks receive and return. Types only: nothing here runs.
 */
import type { SSEClientObjInterface } from "./client.js";
import type { CloseReason, SSEConnection } from "./connection.js";
import type { GapReason } from "./history.js";
import type { AnyEvents, RecoveredEvent } from "./message.js";

/** What `onConnect` receives. */
export interface ConnectInfo<Events extends object = AnyEvents> {
	readonly client: SSEClientObjInterface;
	readonly connection: SSEConnection<Events>;
}

/** What `onDisconnect` and `onDisconnectCb` receive. */
export interface DisconnectInfo<Events extends object = AnyEvents> extends ConnectInfo<Events> {
	readonly reason: CloseReason;
	/** With reason `error` or `refused`: what was thrown, where that is known. */
	readonly error?: unknown;
}

/**
 * Where an error passed to `onError` came from.
 * - `onConnect`, `onDisconnect`, `onDisconnectCb`, `recover`: the callback threw or rejected, or `recover` took too long.
 * - `connect`: `connectSSE` refused a request, and answered it.
 * - `write`: writing to a response threw; only middleware that wraps `res.write` can cause this.
 * - `pipe`: a source that was closed early threw.
 * - `handler`: the application failed ({@link SSEConnection.fail}).
 * - `send`: the event log did not store an event, or one of the other functions of 1.x refused what a request can have caused.
 * - `log`: the event log is unavailable, or configured so that events may be lost, or differently in another process.
 */
export type ErrorStage =
	| "onConnect"
	| "onDisconnect"
	| "onDisconnectCb"
	| "connect"
	| "write"
	| "pipe"
	| "handler"
	| "recover"
	| "send"
	| "log";

/** What `recover` returns, unless it declines with `false`. An async iterable is read at the pace of the client. */
export type RecoverSource<Events extends object = AnyEvents> =
	| Iterable<RecoveredEvent<Events>>
	| AsyncIterable<RecoveredEvent<Events>>;

/** What `recover` receives. */
export interface RecoverInfo {
	readonly client: SSEClientObjInterface;
	/** The groups of the connection. */
	readonly groups: readonly string[];
	/** The id that the client sent; or its position, if it has already received a part of what it missed. Untrusted input. */
	readonly lastEventId: string;
	/** Your own `id` in the id that the client sent, if there was one; see {@link SSEConnection.lastOwnId}. Untrusted input. */
	readonly lastOwnId: string | undefined;
	readonly reason: GapReason;
	/** Aborts when the client leaves, and after `recoverTimeoutMs`. Pass it to your query. */
	readonly signal: AbortSignal;
}

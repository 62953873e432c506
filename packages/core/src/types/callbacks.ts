/**
 * What the application's callbacks are given and return. Types only: nothing here runs.
 */
import type { SSEClientObjInterface } from "./client.js";
import type { CloseReason, SSEConnection } from "./connection.js";
import type { GapReason } from "./history.js";
import type { AnyEvents, EventType } from "./message.js";

export interface ConnectInfo<Events extends object = AnyEvents> {
	readonly client: SSEClientObjInterface;
	readonly connection: SSEConnection<Events>;
}

export interface DisconnectInfo<Events extends object = AnyEvents> extends ConnectInfo<Events> {
	readonly reason: CloseReason;
	/** With reason `error`: what was thrown, where that is known. */
	readonly error?: unknown;
}

/** Where an error that reached `onError` came from. */
export type ErrorStage =
	| "onConnect"
	| "onDisconnect"
	| "onDisconnectCb"
	| "write"
	| "pipe"
	| "handler"
	| "recover"
	| "send"
	| "log";

/** An event that makes up for a gap: `event` is its type; a string as `data` goes out as it is, anything else as JSON. */
export type RecoveredEvent<Events extends object = AnyEvents> = string extends keyof Events
	? { readonly data: unknown; readonly event?: string | undefined }
	: {
			[Type in EventType<Events>]:
				| { readonly data: Events[Type]; readonly event: Type }
				| (Type extends "message"
						? { readonly data: Events[Type]; readonly event?: undefined }
						: never);
		}[EventType<Events>];

/** What `recover` gives. */
export type RecoverSource<Events extends object = AnyEvents> =
	| Iterable<RecoveredEvent<Events>>
	| AsyncIterable<RecoveredEvent<Events>>;

export interface RecoverInfo {
	readonly client: SSEClientObjInterface;
	/** The groups that the connection is in. */
	readonly groups: readonly string[];
	/** What the client came with, or where it is if it has been given a part of what it missed. Untrusted input. */
	readonly lastEventId: string;
	/** The `id` of your own that the client came with, if there was one: see the connection's. Untrusted input. */
	readonly lastOwnId: string | undefined;
	readonly reason: GapReason;
	/** The connection's: aborted when the client leaves, so that a query for it can be stopped. */
	readonly signal: AbortSignal;
}

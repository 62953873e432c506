/**
 * What a connection needs from its surroundings: the service that it belongs to, and the app that opened it.
 */
import type { ErrorStage } from "../types/callbacks.js";
import type { CloseReason } from "../types/connection.js";
import type { SendOptions } from "../types/message.js";
import type { Frame } from "../wire/frame.js";
import type { BoundedOutboxShared } from "./bounded-outbox.js";

/** What a connection needs from the service it belongs to. */
export interface ConnectionHost<Connection> extends BoundedOutboxShared {
	readonly options: BoundedOutboxShared["options"] & { readonly closeTimeoutMs: number };
	/** Whether clients need to receive their position; only logged events and heartbeats carry it. */
	readonly hasHistory: boolean;
	/** Checks and encodes one event. That of a pipe may be written later, when the connection is elsewhere in the log. */
	encode(data: unknown, options: SendOptions | undefined, use?: "pipe"): Frame;
	/** Called once when the connection closes, before its last bytes have been sent. */
	onClosed(connection: Connection, reason: CloseReason, error: unknown): void;
	/** Called once, last of all, when the sink has closed, if `open` succeeded. */
	onGone(): void;
	onError(error: unknown, stage: ErrorStage): void;
}

/** The opener of a connection, notified when its response has closed. */
export interface ConnectionOwner<Connection> {
	onGone(connection: Connection): void;
}

/**
 * The host of standalone connections: the host of all others, without history. Nothing that the service sends to many reaches
 * them, and their events have no place in the event log.
 */
import type { Connection } from "../connection/connection.js";
import type { ConnectionHost } from "../connection/connection-host.js";
import type { EventEncoder } from "./event-encoder.js";

/** @param encoder writes ids without a position */
export function standaloneHost(
	host: ConnectionHost<Connection>,
	encoder: EventEncoder,
): ConnectionHost<Connection> {
	return {
		flush: host.flush,
		diagnostics: host.diagnostics,
		options: host.options,
		hasHistory: false,
		sharesLog: false,
		dropNotice: undefined,
		encode: (...event) => encoder.encode(...event),
		onClosed: (...closed) => host.onClosed(...closed),
		onGone: () => host.onGone(),
		onError: (...failed) => host.onError(...failed),
	};
}

/**
 * The host of standalone connections: the host of all others, without history. Nothing that the service sends to many reaches
 * them, and their events have no place in the event log.
 */
import type { ConnectionHost } from "../connection/connection.js";
import type { EventEncoder } from "./event-encoder.js";

/** @param encoder writes ids without a position */
export function standaloneHost(host: ConnectionHost, encoder: EventEncoder): ConnectionHost {
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

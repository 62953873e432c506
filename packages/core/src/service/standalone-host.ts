/**
 * The host of standalone connections: the host of all others, without history. Nothing that the service sends to many reaches
 * them, and their events have no place in the event log.
 */
import type { ConnectionHost } from "../connection/connection.js";

export function standaloneHost(
	host: ConnectionHost,
	encode: ConnectionHost["encode"],
): ConnectionHost {
	return {
		flush: host.flush,
		diagnostics: host.diagnostics,
		options: host.options,
		hasHistory: false,
		sharesLog: false,
		dropNotice: undefined,
		encode,
		onClosed: (...closed) => host.onClosed(...closed),
		onGone: () => host.onGone(),
		onError: (...told) => host.onError(...told),
	};
}

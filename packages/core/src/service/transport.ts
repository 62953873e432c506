/**
 * A transport: how a service comes to the sinks of streams that `connect` opens, where it has such requests at all.
 */
import type { Sink } from "../sink/sink.js";
import type { ConnectParams } from "../types/connection.js";
import type { HttpServer } from "../types/http.js";
import type { ResolvedOptions } from "./options.js";

export interface Transport {
	/** @throws `ERR_SSE_INVALID_REQUEST`; `ERR_SSE_SERVICE_CLOSED` when the server that was asked is closing */
	sinkFor(params: ConnectParams, options: ResolvedOptions): Sink;
	/** Whether the server that was asked is closing. */
	isClosing(params: ConnectParams): boolean;
	/** Have `server.close()` end streams. */
	closeWith(server: HttpServer): void;
}

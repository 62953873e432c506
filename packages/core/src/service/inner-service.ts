/**
 * The internal side of a service: its members for openers of streams, besides the public ones.
 */
import type { Connection } from "../connection/connection.js";
import type { Sink } from "../sink/sink.js";
import type { ConnectResult } from "../types/connection.js";
import type { OpenParams } from "./connect-params.js";
import type { ServersHost } from "./servers.js";
import type { SSEService } from "./service-types.js";
import type { Inner } from "./shutdown.js";
import type { Transport } from "./transport.js";

export interface InnerService extends SSEService, Inner<Connection> {
	/** Makes `connect` accept requests of a transport, unless it already has one. */
	carry(transport: (host: ServersHost<Connection>) => Transport): void;
	/**
	 * Opens a stream, like `connect`.
	 *
	 * @param sinkOf called once the parameters have been checked
	 * @param isClosing whether the server that received the request is closing by now
	 */
	openStream(params: OpenParams, sinkOf: () => Sink, isClosing?: () => boolean): ConnectResult;
}

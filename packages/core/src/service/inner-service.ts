/**
 * A service as those who open streams on it know it: what it has besides its public members.
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
	/** Have `connect` take requests of a transport, unless it takes some already. */
	carry(transport: (host: ServersHost<Connection>) => Transport): void;
	/**
	 * Open a stream, as `connect` does.
	 *
	 * @param sinkOf called when the parameters have been checked
	 * @param isClosing whether what was asked has closed meanwhile
	 */
	openStream(params: OpenParams, sinkOf: () => Sink, isClosing?: () => boolean): ConnectResult;
}

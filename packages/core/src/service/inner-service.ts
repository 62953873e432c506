/**
 * The internal side of a service: its members for openers of streams, besides the public ones.
 */
import type { Connection } from "../connection/connection.js";
import type { SharedLog } from "../event-log/event-log.js";
import type { Sink } from "../sink/sink.js";
import type { ConnectResult } from "../types/connect.js";
import type { OpenParams } from "./connect-params.js";
import type { ServersHost } from "./servers.js";
import type { SSEService } from "./service-types.js";
import type { Inner } from "./shutdown.js";
import type { Transport } from "./transport.js";

export interface InnerService extends SSEService, Inner<Connection> {
	/** What `connect` takes requests of, if of any. */
	readonly transport: Transport | undefined;
	/** What the service shares with other processes, if anything. */
	readonly sharedLog: SharedLog | undefined;
	/** Makes `connect` accept requests of a transport, unless it already has one. */
	carry(transport: (host: ServersHost<Connection>) => Transport): void;
	/** Opens a stream, like `connect`. */
	openStream: OpenStream;
}

/**
 * @param sinkOf called once the parameters have been checked
 * @param isClosing whether the server that received the request is closing by now
 */
export type OpenStream = <Params extends OpenParams>(
	params: Params,
	sinkOf: (params: Params) => Sink,
	isClosing?: (params: Params) => boolean,
) => ConnectResult;

/** What a service shares with other processes. @returns `undefined` without an `eventLog` */
export function sharedLogOf(service: object): SharedLog | undefined {
	return (service as Partial<InnerService>).sharedLog;
}

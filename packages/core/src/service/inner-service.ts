/**
 * The internal side of a service: its members for openers of streams, besides the public ones.
 */
import type { SSEError } from "../checks/errors.js";
import type { Connection } from "../connection/connection.js";
import type { SharedLog } from "../event-log/event-log.js";
import type { Sink } from "../sink/sink.js";
import type { ErrorStage } from "../types/callbacks.js";
import type { ConnectResult } from "../types/connect.js";
import type { OpenParams } from "./connect-params.js";
import type { ServersHost } from "./servers.js";
import type { SSEService } from "./service-types.js";
import type { Inner } from "./shutdown.js";
import type { Opener, Transport } from "./transport.js";

export interface InnerService extends SSEService, Inner<Connection> {
	/** What `connect` takes requests of, if of any. */
	readonly transport: Transport | undefined;
	/** What the service shares with other processes, if anything. */
	readonly sharedLog: SharedLog | undefined;
	/** Makes `connect` accept requests of a transport, unless it already has one. */
	carry(transport: (host: ServersHost<Connection>) => Transport): void;
	/** Opens a stream, like `connect`. */
	openStream<Params extends OpenParams>(params: Params, opener: Opener<Params>): ConnectResult;
	/** Returns a closed connection for a request that `connect` has refused with `error`. */
	refuse(params: OpenParams, sink: Sink, error: SSEError): ConnectResult;
	/** Reports an error to the application. */
	onError(error: unknown, stage: ErrorStage): void;
}

/** What a service shares with other processes. @returns `undefined` without an `eventLog` */
export function sharedLogOf(service: object): SharedLog | undefined {
	return (service as Partial<InnerService>).sharedLog;
}

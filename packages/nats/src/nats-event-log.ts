/**
 * The event log in NATS JetStream, which an application creates and passes to its service.
 */
import { createEngineEventLog, type EventLog } from "sse-service/engine";
import { NatsEngine } from "./nats-engine.js";
import { type NatsEventLogOptions, resolveOptions } from "./options.js";

/**
 * Creates the event log for one service: `createSSEService({ eventLog: natsEventLog({ connection }) })`. Every process that uses
 * the same `prefix` on the same NATS shares it. The log creates the streams that it needs.
 *
 * @throws `ERR_SSE_INVALID_OPTION`
 */
export function natsEventLog(options: NatsEventLogOptions): EventLog {
	return createEngineEventLog(new NatsEngine(resolveOptions(options)));
}

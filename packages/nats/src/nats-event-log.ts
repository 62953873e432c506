/**
 * The event log in NATS JetStream: what an application makes and hands to its service.
 */
import { createEngineEventLog, type EventLog } from "sse-service/engine";
import { NatsEngine } from "./nats-engine.js";
import { type NatsEventLogOptions, resolveOptions } from "./options.js";

/**
 * Make the event log for one service: `createSSEService({ eventLog: natsEventLog({ connection }) })`. Every process that uses
 * the same `prefix` on the same NATS shares it. What it needs in JetStream it makes itself.
 *
 * @throws `ERR_SSE_INVALID_OPTION`
 */
export function natsEventLog(options: NatsEventLogOptions): EventLog {
	return createEngineEventLog(new NatsEngine(resolveOptions(options)));
}

/**
 * The event log in Redis, on a client of the application.
 */
import { createEngineEventLog, type EventLog } from "sse-service/engine";
import { clientOf } from "./clients/detect-client.js";
import { type RedisEventLogOptions, resolveOptions } from "./options.js";
import { RedisEngine } from "./redis-engine.js";

/**
 * Creates the event log of a service, in Redis: `createSSEService({ eventLog: redisEventLog({ client }) })`.
 *
 * @returns a log for one service, which opens and closes it
 * @throws `ERR_SSE_INVALID_OPTION`
 */
export function redisEventLog(options: RedisEventLogOptions): EventLog {
	const { client, prefix, limits } = resolveOptions(options);
	return createEngineEventLog(new RedisEngine(clientOf(client), prefix, limits));
}

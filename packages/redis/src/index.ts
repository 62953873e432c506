/**
 * The event log of sse-service in Redis Streams, for several processes.
 */
export type { EventLog } from "sse-service/engine";
export type { AnyRedisClient, RedisEventLogOptions, RedisRunStoreOptions } from "./options.js";
export { redisEventLog } from "./redis-event-log.js";
export { redisRunStore } from "./runs/redis-run-store.js";

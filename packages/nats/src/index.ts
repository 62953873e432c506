/**
 * The event log of sse-service in NATS JetStream.
 */
export type { EventLog } from "sse-service/engine";
export type { NatsConnection } from "./client.js";
export { natsEventLog } from "./nats-event-log.js";
export type { NatsEventLogOptions } from "./options.js";

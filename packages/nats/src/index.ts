/**
 * The event log and the run store of sse-service in NATS JetStream.
 */
export type { EventLog } from "sse-service/engine";
export type { NatsConnection } from "./client.js";
export { natsEventLog } from "./nats-event-log.js";
export type { NatsEventLogOptions, NatsRunStoreOptions } from "./options.js";
export { natsRunStore } from "./runs/nats-run-store.js";

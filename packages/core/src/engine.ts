/**
 * What packages import that keep the event log in an engine of their own: Redis, NATS, or another.
 */

export type { Position } from "./cursor.js";
export { createEngineEventLog } from "./engine-event-log.js";
export { SSEError } from "./errors.js";
export type { EventLog } from "./event-log.js";
export { LIMIT } from "./limit.js";
export type { LogEngine, Stored, StoredAt, Storing } from "./log-engine.js";
export { LOG_FORMAT } from "./log-format.js";
export { type OptionRules, type Rule, readOptions } from "./option-rules.js";

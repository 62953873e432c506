/**
 * What packages import that keep the event log in an engine: Redis, NATS, or another.
 *
 * @packageDocumentation
 */

export { SSEError } from "./checks/errors.js";
export { LIMIT, type OptionRules, type Rule, readOptions } from "./checks/option-rules.js";
export type { EventLog } from "./event-log/event-log.js";
export { createEngineEventLog } from "./shared-log/engine-event-log.js";
export type { LogEngine, Newest, Stored, StoredAt, Storing } from "./shared-log/log-engine.js";
export { LOG_FORMAT } from "./shared-log/log-format.js";
export type { Position } from "./wire/cursor.js";

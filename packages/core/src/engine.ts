/**
 * What packages import that keep the event log in an engine: Redis, NATS, or another.
 *
 * @packageDocumentation
 */

export { guarded } from "./checks/callback.js";
export { SSEError } from "./checks/errors.js";
export {
	FUNCTION,
	LIMIT,
	type OptionRules,
	optional,
	type Rule,
	readOptions,
} from "./checks/option-rules.js";
export { POSITIVE_TIME } from "./checks/time.js";
export type { EventLog } from "./event-log/event-log.js";
export { pause, sendingMs, within } from "./pacing/timeout.js";
export { createEngineEventLog } from "./shared-log/engine-event-log.js";
export type { LogEngine, Newest, Stored, StoredAt, Storing } from "./shared-log/log-engine.js";
export { LOG_FORMAT } from "./shared-log/log-format.js";
export {
	appendUnlessRefused,
	checkSize,
	LOG_LIMITS,
	type LogLimits,
} from "./shared-log/log-limits.js";
export type { Position } from "./wire/cursor.js";

/**
 * What framework adapters and event logs import besides the names of the index.
 *
 * @packageDocumentation
 */

export { SSEError, type SSEErrorCode } from "./checks/errors.js";
export { checkOptionName } from "./checks/names.js";
export { closeIterator, iteratorOf } from "./connection/iterators.js";
export type { Command } from "./event-log/command.js";
export type {
	Appended,
	Deliver,
	EventLog,
	LogHost,
	LogReader,
	LogStats,
	Page,
	ReadFailure,
	SharedLog,
} from "./event-log/event-log.js";
export { createMemoryEventLog } from "./event-log/memory-event-log.js";
export { type LogEntry, LogRecord } from "./event-log/record.js";
export {
	type AppRespondParams,
	type AppStreams,
	type AppStreamsOptions,
	createAppStreams,
} from "./service/app-streams.js";
export { sharedLogOf } from "./service/inner-service.js";
export { getDefaultService } from "./service/node-service.js";
export type { Sink, SinkListener } from "./sink/sink.js";
export type { OwnHeaders } from "./types/http.js";
export type { LogHealth } from "./types/stats.js";
export type { Audience as LogTarget } from "./types/target.js";
export type { Position } from "./wire/cursor.js";

/**
 * What adapters and event logs import besides the names of the index: the seams between a framework, or an engine, and
 * the core.
 */
export { type AppStreams, type AppStreamsOptions, createAppStreams } from "./app-streams.js";
export type { Command } from "./command.js";
export type { Position } from "./cursor.js";
export { getDefaultService } from "./default-service.js";
export { SSEError, type SSEErrorCode } from "./errors.js";
export type {
	Appended,
	EventLog,
	LogHealth,
	LogHost,
	LogReader,
	LogStats,
	Page,
	ReadFailure,
	SharedLog,
} from "./event-log.js";
export { createMemoryEventLog } from "./memory-event-log.js";
export { closeIterator, iteratorOf } from "./pipe.js";
export { type LogEntry, LogRecord, type LogTarget } from "./record.js";
export type { Sink, SinkListener } from "./sink.js";

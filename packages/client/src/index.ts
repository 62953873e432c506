/**
 * What applications import.
 */
export { openStream } from "./open-stream.js";
export { isStreamError, StreamError, type StreamErrorCode } from "./stream-error.js";
export type {
	AnyEvents,
	EventMap,
	EventStream,
	GapInfo,
	Parse,
	RetryOptions,
	Schema,
	SharedOptions,
	StreamEvent,
	StreamOptions,
	StreamState,
} from "./types.js";

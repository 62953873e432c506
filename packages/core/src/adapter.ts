/**
 * What adapters import besides the names of the index: the seams between a framework and the core.
 */
export { type AppStreams, type AppStreamsOptions, createAppStreams } from "./app-streams.js";
export { getDefaultService } from "./default-service.js";
export { SSEError, type SSEErrorCode } from "./errors.js";
export { closeIterator, iteratorOf } from "./pipe.js";
export type { Sink, SinkListener } from "./sink.js";

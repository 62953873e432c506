/**
 * Server-sent events for Nest: a module with an injectable service, and a decorator for routes that stream.
 */
export { fromMessageEvent } from "./message-event.js";
export type { SseParams } from "./openings.js";
export {
	SseModule,
	type SseModuleAsyncOptions,
	type SseModuleOptions,
	type SseOptions,
	type SseOptionsFactory,
} from "./sse-module.js";
export { getSseToken, InjectSse, SseService } from "./sse-service.js";
export { type SseSource, SseStream, type SseStreamOptions } from "./sse-stream.js";

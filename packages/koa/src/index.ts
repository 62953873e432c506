/**
 * Server-sent events for Koa: a middleware that gives each context `ctx.sse()`.
 */
export type { SSEService } from "sse-service";
export {
	type ContextSSE,
	type SSEEvents,
	type SSEMiddleware,
	type SSEOptions,
	type SSEParams,
	sse,
	// biome-ignore lint/style/noDefaultExport: what users of this framework import.
	sse as default,
} from "./sse.js";

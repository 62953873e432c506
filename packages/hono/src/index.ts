/**
 * Server-sent events for Hono: a middleware that gives each context `c.var.sse()`.
 */
export type { SSEService } from "sse-service";
export {
	type ContextSSE,
	type SSEEvents,
	type SSEMiddleware,
	type SSEOptions,
	type SSEParams,
	sse,
	// biome-ignore lint/style/noDefaultExport: as the other adapters have it.
	sse as default,
} from "./sse.js";

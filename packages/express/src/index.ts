/**
 * Server-sent events for Express: a middleware that gives each response `res.sse()`.
 */
export type { SSEService } from "sse-service";
export {
	type ResponseSSE,
	type SSEEvents,
	type SSEMiddleware,
	type SSEOptions,
	type SSEParams,
	sse,
	// biome-ignore lint/style/noDefaultExport: what users of this framework import.
	sse as default,
} from "./sse.js";

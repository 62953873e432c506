/**
 * Server-sent events for Fastify: a plugin that gives each reply `reply.sse()` and the app `app.sse`.
 */
export type { SSEService } from "sse-service";
export {
	type ReplySSE,
	type SSEEvents,
	type SSEOptions,
	type SSEParams,
	sse,
	// biome-ignore lint/style/noDefaultExport: what users of this framework import.
	sse as default,
} from "./sse.js";

/**
 * The plugin: it carries Fastify's reply and the end of its app to the core, and nothing else.
 */
import type { FastifyPluginAsync, FastifyReply } from "fastify";
import fastifyPlugin from "fastify-plugin";
import type { AnyEvents, ConnectParams, ConnectResult, SSEService } from "sse-service";
import { type AppStreamsOptions, createAppStreams, SSEError } from "sse-service/adapter";
import { openOn } from "./opening.js";

/**
 * The event types of the application and the data of each, for the compiler. Empty, it allows everything; declare yours:
 * `declare module "@sse-service/fastify" { interface SSEEvents { tick: { price: number } } }`
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications add to it.
export interface SSEEvents {}

type Events = keyof SSEEvents extends never ? AnyEvents : SSEEvents;

/** `service`, or options that configure the default one. */
export interface SSEOptions extends AppStreamsOptions<Events> {
	/** The name of what is added to the app and to replies. Default `"sse"`. */
	readonly decorator?: string | undefined;
}

/** What `connectSSE` takes, but for the request and the response. */
export type SSEParams = Omit<ConnectParams<Events>, "req" | "res">;

/**
 * Send an event stream as the reply, and register its client. The onSend hooks run first, so what they add arrives.
 * Awaiting is optional; what the handler returns afterwards is ignored.
 *
 * @returns a promise of what `connectSSE` returns. It rejects when the stream did not open: with `ERR_SSE_INVALID_*`, and
 * with a status `ERR_SSE_EXPIRED`, `ERR_SSE_MAX_*` and `ERR_SSE_SERVICE_CLOSED`, which Fastify's error handling answers
 * unless the handler catches it and replies; and with `ERR_SSE_RESPONSE_STARTED` when the reply was sent, hijacked or is a
 * stream already, when a hook failed (its error is the `cause`) or something else was sent, which is then the answer
 */
export type ReplySSE = (params?: SSEParams) => Promise<ConnectResult<Events>>;

declare module "fastify" {
	interface FastifyInstance {
		/** The service of `@sse-service/fastify`: send by it from anywhere. */
		sse: SSEService<Events>;
	}

	interface FastifyReply {
		/** Added by `@sse-service/fastify`. */
		sse: ReplySSE;
	}
}

// Fastify hands these of `register` to the plugin as well.
type RegisterOption = "prefix" | "logLevel" | "logSerializers";

const plugin: FastifyPluginAsync<SSEOptions> = async (app, options) => {
	const {
		decorator = "sse",
		prefix,
		logLevel,
		logSerializers,
		...rest
	} = options as SSEOptions & Record<RegisterOption, unknown>;
	if (typeof decorator !== "string" || decorator === "") {
		throw new SSEError("ERR_SSE_INVALID_OPTION", "decorator must be a non-empty string");
	}
	const streams = createAppStreams<Events>(rest);
	app.decorate(decorator, streams.service);
	app.decorateReply(decorator, function (this: FastifyReply, params?: SSEParams) {
		return openOn(this, () => streams.connect({ ...params, req: this.request.raw, res: this.raw }));
	});
	// For a server that is closed by others: `worker.disconnect()` closes those of its process.
	streams.closeWith(app.server);
	let closed: Promise<void> | undefined;
	// Here, because Fastify waits for open streams next.
	app.addHook("preClose", async () => {
		closed = streams.close();
		// Not awaited over a drain: the hook has `pluginTimeout` (10 s by default), and meanwhile the port is to be closed.
		if (!streams.drains) return closed;
	});
	// For responses that are none of the server's: those of `inject`, and of a second address of localhost.
	app.addHook("onClose", () => closed);
};

/**
 * Register it: `app.register(sse)`. Routes of the app it is registered on, and below, have `reply.sse()`.
 *
 * @throws (from `ready` or `listen`) `ERR_SSE_INVALID_OPTION`, `ERR_SSE_ALREADY_CONFIGURED` when the default service is in
 * use with other options, and Fastify's `FST_ERR_DEC_ALREADY_PRESENT` when the name is taken
 */
export const sse: FastifyPluginAsync<SSEOptions> = fastifyPlugin(plugin, {
	fastify: "4.x || 5.x",
	name: "@sse-service/fastify",
});

/**
 * The plugin: passes Fastify's reply and the close of its app to the core, and does nothing else.
 */
import type { FastifyPluginAsync, FastifyReply } from "fastify";
import fastifyPlugin from "fastify-plugin";
import type { AnyEvents, ConnectParams, ConnectResult, SSEService } from "sse-service";
import {
	type AppStreamsOptions,
	checkOptionName,
	createAppStreams,
	SSEError,
} from "sse-service/adapter";
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

/** The parameters of `connectSSE`, without the request and the response. */
export type SSEParams = Omit<ConnectParams<Events>, "req" | "res">;

/**
 * Sends an event stream as the reply and registers its client. The onSend hooks run first, so their headers are sent.
 * Awaiting is optional; what the handler returns afterwards is ignored.
 *
 * @returns a promise of what `connectSSE` returns. It rejects if the stream did not open. Fastify's error handling answers
 * `ERR_SSE_INVALID_*` and, with a status, `ERR_SSE_EXPIRED`, `ERR_SSE_MAX_*`, `ERR_SSE_PIPELINED` and `ERR_SSE_SERVICE_CLOSED`,
 * unless the handler catches the error and replies before it waits for anything else. `ERR_SSE_RESPONSE_STARTED` means that
 * the reply was already sent, hijacked or a stream, that a hook failed (its error is the `cause`), or that something else was
 * sent. What was sent for these is the answer, and the promise rejects once it has left
 */
export type ReplySSE = (params?: SSEParams) => Promise<ConnectResult<Events>>;

declare module "fastify" {
	interface FastifyInstance {
		/** The service of `@sse-service/fastify`. Use it to send from anywhere. */
		sse: SSEService<Events>;
	}

	interface FastifyReply {
		/** Added by `@sse-service/fastify`. */
		sse: ReplySSE;
	}
}

// Fastify passes these options of `register` to the plugin as well.
type RegisterOption = "prefix" | "logLevel" | "logSerializers";

const plugin: FastifyPluginAsync<SSEOptions> = async (app, options) => {
	// Fastify always passes some.
	if ((options as unknown) === undefined) {
		const rule =
			"The function is the plugin: register it uncalled, as in app.register(sse, options)";
		throw new SSEError("ERR_SSE_INVALID_OPTION", rule);
	}
	const {
		decorator = "sse",
		prefix,
		logLevel,
		logSerializers,
		...rest
	} = options as SSEOptions & Record<RegisterOption, unknown>;
	checkOptionName("decorator", decorator);
	const streams = createAppStreams<Events>(rest);
	try {
		app.decorate(decorator, streams.service);
		app.decorateReply(decorator, function (this: FastifyReply, params?: SSEParams) {
			return openOn(this, () =>
				streams.connect({ ...params, req: this.request.raw, res: this.raw }),
			);
		});
	} catch (error) {
		// The app will have no hook to release the default service for the next one.
		void streams.close();
		throw error;
	}
	// For a server that is closed by others: `worker.disconnect()` closes those of its process.
	streams.closeWith(app.server);
	let closed: Promise<void> | undefined;
	// Here, because Fastify waits for open streams next.
	app.addHook("preClose", async () => {
		closed = streams.close();
		// Not awaited during a drain: the hook is limited by `pluginTimeout` (10 s by default), and the port must close meanwhile.
		if (!streams.drains) return closed;
	});
	// For responses that do not belong to the server: those of `inject`, and of a second address of localhost.
	app.addHook("onClose", () => closed);
};

/**
 * The plugin: `app.register(sse)`. Routes of that app, and of its child contexts, have `reply.sse()`.
 *
 * @throws (from `ready` or `listen`) `ERR_SSE_INVALID_OPTION`, `ERR_SSE_ALREADY_CONFIGURED` when the default service is in
 * use with other options, and Fastify's `FST_ERR_DEC_ALREADY_PRESENT` if the name is taken
 */
export const sse: FastifyPluginAsync<SSEOptions> = fastifyPlugin(plugin, {
	fastify: "4.x || 5.x",
	name: "@sse-service/fastify",
});

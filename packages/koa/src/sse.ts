/**
 * The middleware: passes Koa's context and the close of its server to the core, and does nothing else.
 */
import type { Server } from "node:net";
import type { Context, Middleware } from "koa";
import type {
	AnyEvents,
	CloseOptions,
	ConnectParams,
	ConnectResult,
	SSEConnection,
	SSEService,
} from "sse-service";
import { type AppStreamsOptions, checkOptionName, createAppStreams } from "sse-service/adapter";

/**
 * The event types of the application and the data of each, for the compiler. Empty, it allows everything; declare yours:
 * `declare module "@sse-service/koa" { interface SSEEvents { tick: { price: number } } }`
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications add to it.
export interface SSEEvents {}

type Events = keyof SSEEvents extends never ? AnyEvents : SSEEvents;

/** `service`, or options that configure the default one. */
export interface SSEOptions<Own extends object = Events> extends AppStreamsOptions<Own> {
	/** The name of what is added to contexts. Default `"sse"`. */
	readonly decorator?: string | undefined;
}

/** The parameters of `connectSSE`, without the request and the response. */
export type SSEParams = Omit<ConnectParams<Events>, "req" | "res">;

/**
 * Opens an event stream on the response of this context and registers its client. Koa then leaves the response alone.
 *
 * @returns what `connectSSE` returns
 * @throws before anything is sent, for Koa to answer: `ERR_SSE_INVALID_*`, `ERR_SSE_RESPONSE_STARTED`, and with a status
 * `ERR_SSE_EXPIRED`, `ERR_SSE_MAX_*`, `ERR_SSE_PIPELINED` and `ERR_SSE_SERVICE_CLOSED`
 */
export type ContextSSE = (params?: SSEParams) => ConnectResult<Events>;

export interface SSEMiddleware<Own extends object = Events> extends Middleware {
	/** The service that registers the streams. Use it to send from anywhere. */
	readonly service: SSEService<Own>;

	/**
	 * Ends the streams opened through this middleware, with reason `shutdown`, and refuses new ones (status 503). Other streams
	 * of the service stay open. `drainMs` defaults to that of the service.
	 *
	 * @returns a promise that resolves when every response has closed
	 */
	close(options?: CloseOptions): Promise<void>;

	/**
	 * Makes `server.close()` end what it would otherwise wait for: the streams opened through this middleware on that server, and
	 * sockets without a request that were opened after this call. When the last open one of several servers closes, new streams
	 * are refused, as after `close`; one that does not listen yet is not open.
	 *
	 * @returns the server
	 * @throws `ERR_SSE_INVALID_OPTION` for anything else, such as the app itself
	 */
	closeWith<HttpServer extends Server>(server: HttpServer): HttpServer;
}

declare module "koa" {
	interface ExtendableContext {
		/** Added by the middleware of `@sse-service/koa`. */
		sse: ContextSSE;
	}
}

/**
 * Creates the middleware: `app.use(sse())`. Later middleware has `ctx.sse()`; with two middlewares, that of the inner one.
 *
 * @throws `ERR_SSE_INVALID_OPTION`; `ERR_SSE_ALREADY_CONFIGURED` when the default service is in use with other options
 */
export function sse<Own extends object = Events>({
	decorator = "sse",
	...options
}: SSEOptions<Own> = {}): SSEMiddleware<Own> {
	checkOptionName("decorator", decorator);
	const streams = createAppStreams<Own>(options as AppStreamsOptions<Own>);
	const middleware: Middleware = async (ctx, next) => {
		let connection: SSEConnection<Events> | undefined;
		const decorated = ctx as unknown as { [name: string]: ContextSSE };
		decorated[decorator] = (params) => {
			// The event map of `service` exists only for the compiler.
			const connectParams = { ...params, req: ctx.req, res: ctx.res };
			const sent = [ctx.res.getHeader("Set-Cookie") ?? []].flat().map(String);
			const result = streams.connect(connectParams as unknown as ConnectParams<Own>);
			takeOver(ctx);
			reportLateCookies(ctx, sent);
			({ connection } = result as unknown as ConnectResult<Events>);
			return result as unknown as ConnectResult<Events>;
		};
		try {
			await next();
		} catch (error) {
			// Koa reports an error after the headers, and leaves the response open.
			connection?.fail(error);
			throw error;
		}
	};
	return Object.assign(middleware, {
		service: streams.service,
		close: (options?: CloseOptions) => streams.close(options),
		closeWith: <HttpServer extends Server>(server: HttpServer) => streams.closeWith(server),
	});
}

/** Keeps Koa from writing to the response, and from reporting a client that leaves during a write as a failure of the app. */
function takeOver(ctx: Pick<Context, "respond" | "onerror" | "socket">): void {
	ctx.respond = false;
	const { onerror } = ctx;
	ctx.onerror = (error) => {
		if (error === null || error !== ctx.socket.errored) onerror.call(ctx, error);
	};
}

/**
 * Keeps a cookie that is set too late from ending the stream: Koa ignores such headers, but its cookies throw. The app emits the
 * error, unless the stream has `sent` that cookie: `koa-session` sets its own again when the handler has returned.
 */
function reportLateCookies(ctx: Pick<Context, "app" | "cookies">, sent: readonly string[]): void {
	const { cookies } = ctx;
	const set: Context["cookies"]["set"] = (name, ...rest) => {
		try {
			return Object.getPrototypeOf(cookies).set.call(cookies, name, ...rest);
		} catch (error) {
			if (!isTooLate(error)) throw error;
			if (!sent.some((line) => line.startsWith(`${name}=`))) ctx.app.emit("error", error, ctx);
			return cookies;
		}
	};
	Object.assign(cookies, { set });
}

function isTooLate(error: unknown): boolean {
	const { code } = Object(error) as { readonly code?: unknown };
	return code === "ERR_HTTP_HEADERS_SENT" || code === "ERR_HTTP2_HEADERS_SENT";
}

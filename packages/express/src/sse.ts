/**
 * The middleware: passes Express's response, the error of its handler and the close of its server to the core, and does
 * nothing else.
 */
import { AsyncResource } from "node:async_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server } from "node:net";
import { finished } from "node:stream";
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
 * `declare module "@sse-service/express" { interface SSEEvents { tick: { price: number } } }`
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications add to it.
export interface SSEEvents {}

type Events = keyof SSEEvents extends never ? AnyEvents : SSEEvents;

/** `service`, or options that configure the default one. */
export interface SSEOptions<Own extends object = Events> extends AppStreamsOptions<Own> {
	/** The name of what is added to responses. Default `"sse"`. */
	readonly decorator?: string | undefined;
}

/** The parameters of `connectSSE`, without the request and the response. */
export type SSEParams = Omit<ConnectParams<Events>, "req" | "res">;

/**
 * Opens an event stream on this response and registers its client.
 *
 * @returns what `connectSSE` returns
 * @throws before anything is sent, for Express to answer: `ERR_SSE_INVALID_*`, `ERR_SSE_RESPONSE_STARTED`, and with a
 * status `ERR_SSE_EXPIRED`, `ERR_SSE_MAX_*`, `ERR_SSE_PIPELINED` and `ERR_SSE_SERVICE_CLOSED`
 */
export type ResponseSSE = (params?: SSEParams) => ConnectResult<Events>;

export interface SSEMiddleware<Own extends object = Events> {
	(req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): void;

	/** The service that registers the streams. Use it to send from anywhere. */
	readonly service: SSEService<Own>;

	/**
	 * Error middleware, for after the routes and before other error middleware: `app.use(streams.errorHandler)`. What a handler
	 * throws, or passes to `next`, after its stream has opened ends the stream with reason `error`, and reaches `onError` and the
	 * disconnect callbacks ({@link SSEConnection.fail}). Then, once the stream has ended, the next error middleware receives the
	 * error. Errors of other responses pass through at once.
	 *
	 * Without it, Express cuts the connection, and the reason is `client`: Express passes errors to error middleware only.
	 */
	errorHandler(
		error: unknown,
		req: IncomingMessage,
		res: ServerResponse,
		next: (error?: unknown) => void,
	): void;

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

declare global {
	// biome-ignore lint/style/noNamespace: Express's types extend a response through this namespace.
	namespace Express {
		interface Response {
			/** Added by the middleware of `@sse-service/express`. */
			sse: ResponseSSE;
		}
	}
}

/**
 * Creates the middleware: `app.use(sse())`. Later handlers have `res.sse()`; with two middlewares, that of the inner one.
 *
 * @throws `ERR_SSE_INVALID_OPTION`; `ERR_SSE_ALREADY_CONFIGURED` when the default service is in use with other options
 */
export function sse<Own extends object = Events>({
	decorator = "sse",
	...options
}: SSEOptions<Own> = {}): SSEMiddleware<Own> {
	checkOptionName("decorator", decorator);
	const streams = createAppStreams<Own>(options as AppStreamsOptions<Own>);
	const opened = new WeakMap<ServerResponse, Pick<SSEConnection, "fail">>();
	const reported = new WeakMap<ServerResponse, unknown>();
	const middleware = (
		req: IncomingMessage,
		res: ServerResponse,
		next: (error?: unknown) => void,
	): void => {
		const decorated = res as ServerResponse & { [name: string]: unknown };
		decorated[decorator] = (params?: SSEParams) => {
			// The event map of `service` exists only for the compiler.
			const result = streams.connect({ ...params, req, res } as unknown as ConnectParams<Own>);
			opened.set(res, result.connection);
			return result;
		};
		next();
	};
	// Express recognizes error middleware by its four parameters.
	const errorHandler: SSEMiddleware["errorHandler"] = (error, _req, res, next) => {
		const connection = opened.get(res);
		if (connection === undefined) return next(error);
		// Mounted on a router and on the app, it meets the same error twice.
		if (reported.get(res) !== error) connection.fail(error);
		reported.set(res, error);
		// Express destroys the socket when nothing else handles the error: only after what was sent, and the end, have left.
		finished(
			res,
			AsyncResource.bind(() => next(error)),
		);
	};
	return Object.assign(middleware, {
		service: streams.service,
		errorHandler,
		close: (options?: CloseOptions) => streams.close(options),
		closeWith: <HttpServer extends Server>(server: HttpServer) => streams.closeWith(server),
	});
}

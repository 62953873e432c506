/**
 * The middleware: it carries Express's response and the end of its server to the core, and nothing else.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server } from "node:net";
import type {
	AnyEvents,
	CloseOptions,
	ConnectParams,
	ConnectResult,
	SSEService,
} from "sse-service";
import { type AppStreamsOptions, createAppStreams, SSEError } from "sse-service/adapter";

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

/** What `connectSSE` takes, but for the request and the response. */
export type SSEParams = Omit<ConnectParams<Events>, "req" | "res">;

/**
 * Open an event stream on this response and register its client.
 *
 * @returns what `connectSSE` returns
 * @throws before anything is sent, for Express to answer: `ERR_SSE_INVALID_*`, `ERR_SSE_RESPONSE_STARTED`, and with a
 * status `ERR_SSE_EXPIRED`, `ERR_SSE_MAX_*` and `ERR_SSE_SERVICE_CLOSED`
 */
export type ResponseSSE = (params?: SSEParams) => ConnectResult<Events>;

export interface SSEMiddleware<Own extends object = Events> {
	(req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): void;

	/** The service the streams are registered with: send by it from anywhere. */
	readonly service: SSEService<Own>;

	/**
	 * End the streams opened through this middleware, with reason `shutdown`, and refuse new ones (status 503). Others of
	 * the service stay open. As `close` of the service, whose `drainMs` is the default.
	 *
	 * @returns a promise that resolves when every response has closed
	 */
	close(options?: CloseOptions): Promise<void>;

	/**
	 * Have `server.close()` end what it would else wait for: the streams opened through this middleware on that server, and
	 * sockets without a request that were opened after this call. When the last of several servers closes, new streams are
	 * refused as after `close`.
	 *
	 * @returns the server
	 */
	closeWith<HttpServer extends Server>(server: HttpServer): HttpServer;
}

declare global {
	// biome-ignore lint/style/noNamespace: where Express's types let others add to a response.
	namespace Express {
		interface Response {
			/** Added by the middleware of `@sse-service/express`. */
			sse: ResponseSSE;
		}
	}
}

/**
 * Make the middleware: `app.use(sse())`. Handlers after it have `res.sse()`; where two middlewares meet, the inner one's.
 *
 * @throws `ERR_SSE_INVALID_OPTION`; `ERR_SSE_ALREADY_CONFIGURED` when the default service is in use with other options
 */
export function sse<Own extends object = Events>({
	decorator = "sse",
	...options
}: SSEOptions<Own> = {}): SSEMiddleware<Own> {
	if (typeof decorator !== "string" || decorator === "") {
		throw new SSEError("ERR_SSE_INVALID_OPTION", "decorator must be a non-empty string");
	}
	const streams = createAppStreams<Own>(options as AppStreamsOptions<Own>);
	const middleware = (
		req: IncomingMessage,
		res: ServerResponse,
		next: (error?: unknown) => void,
	): void => {
		const decorated = res as ServerResponse & { [name: string]: unknown };
		decorated[decorator] = (params?: SSEParams) =>
			// The event map of `service` exists for the compiler alone.
			streams.connect({ ...params, req, res } as unknown as ConnectParams<Own>);
		next();
	};
	return Object.assign(middleware, {
		service: streams.service,
		close: (options?: CloseOptions) => streams.close(options),
		closeWith: <HttpServer extends Server>(server: HttpServer) => streams.closeWith(server),
	});
}

/**
 * The middleware: passes Hono's context and the close of its server to the core, and does nothing else.
 */
import type { Server } from "node:net";
import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { type AnyEvents, type CloseOptions, isSSEError, type SSEService } from "sse-service";
import {
	type AppRespondParams,
	type AppStreams,
	type AppStreamsOptions,
	checkOptionName,
	createAppStreams,
	SSEError,
} from "sse-service/adapter";
import type { RespondResult } from "sse-service/fetch";

/**
 * The event types of the application and the data of each, for the compiler. Empty, it allows everything; declare yours:
 * `declare module "@sse-service/hono" { interface SSEEvents { tick: { price: number } } }`
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications add to it.
export interface SSEEvents {}

type Events = keyof SSEEvents extends never ? AnyEvents : SSEEvents;

/** `service`, or options that configure the default one. */
export interface SSEOptions<Own extends object = Events> extends AppStreamsOptions<Own> {
	/** The name of the context variable. Default `"sse"`. */
	readonly variable?: string | undefined;
}

/** The parameters of `respond`. `headers` are added to those of the context; `outgoing` defaults to `c.env.outgoing`. */
export type SSEParams = AppRespondParams<Events>;

/**
 * Opens an event stream and registers its client. Return `response` from the handler, which sends it with the headers and
 * cookies of the context.
 *
 * @returns what `respond` returns
 * @throws before anything is sent, for Hono to answer: an `HTTPException` if the error has a status (its `cause`:
 * `ERR_SSE_EXPIRED`, `ERR_SSE_MAX_*`, `ERR_SSE_PIPELINED`, `ERR_SSE_SERVICE_CLOSED`, and `ERR_SSE_INVALID_*` for a value that a
 * request can cause); otherwise `ERR_SSE_INVALID_*`
 */
export type ContextSSE = (params?: SSEParams) => RespondResult<Events>;

export interface SSEMiddleware<Own extends object = Events> extends MiddlewareHandler {
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
	 * For what `serve` of `@hono/node-server` returns: makes `server.close()` end what it would otherwise wait for: the
	 * streams opened through this middleware on that server, and sockets without a request that were opened after this call.
	 * When the last open one of several servers closes, new streams are refused, as after `close`; one that does not listen yet
	 * is not open.
	 *
	 * @returns the server
	 * @throws `ERR_SSE_INVALID_OPTION` for anything else, such as the app itself
	 */
	closeWith<HttpServer extends Server>(server: HttpServer): HttpServer;
}

declare module "hono" {
	interface ContextVariableMap {
		/** Set by the middleware of `@sse-service/hono`. */
		sse: ContextSSE;
	}
}

/** Headers of the stream that another answer may have, too. */
const CACHE_HEADERS = ["Cache-Control", "X-Accel-Buffering"];
/** Headers of the stream, and those that no stream has: Hono would otherwise put the context's over the stream's. */
const OWN_HEADERS = [
	...CACHE_HEADERS,
	"Content-Encoding",
	"Content-Length",
	"SSE-Heartbeat",
	"Transfer-Encoding",
];

/**
 * Creates the middleware: `app.use(sse())`. Later handlers have `c.var.sse`; with two middlewares, that of the inner one.
 *
 * @throws `ERR_SSE_INVALID_OPTION`; `ERR_SSE_ALREADY_CONFIGURED` when the default service is in use with other options
 */
export function sse<Own extends object = Events>({
	variable = "sse",
	...options
}: SSEOptions<Own> = {}): SSEMiddleware<Own> {
	checkOptionName("variable", variable);
	const streams = createAppStreams<Own>(options as AppStreamsOptions<Own>);
	const middleware: MiddlewareHandler = async (c, next) => {
		const opened: Opened[] = [];
		const open: ContextSSE = (params) => {
			// The event map of `service` exists only for the compiler.
			const one = openOn(c, streams as unknown as AppStreams<Events>, params);
			opened.push(one);
			return one.result;
		};
		c.set(variable as "sse", open);
		try {
			await next();
		} catch (error) {
			// Hono catches only what is an Error.
			for (const { result } of opened) result.connection.fail(error);
			throw error;
		}
		for (const { result, taken } of opened) {
			if (c.error !== undefined) result.connection.fail(c.error);
			else if (isSent(result.response, c.res)) continue;
			else result.connection.close();
			for (const [name, value] of taken) c.res.headers.has(name) || c.header(name, value);
		}
	};
	return Object.assign(middleware, {
		service: streams.service,
		close: (options?: CloseOptions) => streams.close(options),
		closeWith: <HttpServer extends Server>(server: HttpServer) => streams.closeWith(server),
	});
}

interface Opened {
	readonly result: RespondResult<Events>;
	/** What was taken from the context, for answers that are not the stream. */
	readonly taken: readonly (readonly [name: string, value: string])[];
}

function openOn(
	c: Context,
	streams: AppStreams<Events>,
	{ headers: own, ...params }: SSEParams = {},
): Opened {
	const outgoing = (c.env as { readonly outgoing?: SSEParams["outgoing"] } | undefined)?.outgoing;
	// All that the context has gathered so far. On Node, the response may have those of the context themselves.
	const gathered = c.newResponse(null).headers;
	const headers = own === undefined ? gathered : new Headers(gathered);
	const taken = CACHE_HEADERS.flatMap((name) => {
		const value = headers.get(name);
		return value === null ? [] : [[name, value] as const];
	});
	const added = own === undefined ? [] : [...headersOf(own)];
	for (const [name, value] of added) headers[addingOf(name)](name, value);
	try {
		const result = streams.respond(c.req.raw, { outgoing, ...params, headers });
		// Hono puts the context's over those of a response.
		for (const [name, value] of added) c.header(name, value, { append: name === "set-cookie" });
		for (const name of OWN_HEADERS) c.header(name, undefined);
		return { result, taken };
	} catch (error) {
		if (!isSSEError(error) || error.statusCode === undefined) throw error;
		const { message, statusCode } = error;
		const res = error.toResponse();
		throw new HTTPException(statusCode as 503, { message, res, cause: error });
	}
}

function addingOf(name: string): "append" | "set" {
	return name === "set-cookie" ? "append" : "set";
}

/** @throws `ERR_SSE_INVALID_HEADERS` */
function headersOf(init: SSEParams["headers"]): Headers {
	try {
		return new Headers(init);
	} catch (cause) {
		const rule = "headers must be what new Headers accepts";
		throw new SSEError("ERR_SSE_INVALID_HEADERS", rule, { cause });
	}
}

/** Whether the body of a stream is in the answer, as it is or transformed. */
function isSent({ body }: Response, answer: Response): boolean {
	// Over HEAD, that of a stream is null.
	return body === answer.body || body?.locked === true;
}

/**
 * Event streams for handlers that return a `Response`.
 */
import { invalid, isObject } from "../checks/errors.js";
import { checkKeys } from "../checks/option-rules.js";
import { FetchSink } from "../sink/fetch-sink.js";
import type { ConnectParams, ConnectResult } from "../types/connect.js";
import type { SSEConnection } from "../types/connection.js";
import type { ResponseLike, SSEHeaders } from "../types/http.js";
import type { AnyEvents } from "../types/message.js";
import { SHARED_NAMES } from "./connect-params.js";
import type { InnerService } from "./inner-service.js";
import { getDefaultService } from "./process-default.js";
import type { SSEService } from "./service-types.js";
import { INNER } from "./shutdown.js";

/** The parameters of `respond`, besides the request. */
export interface RespondParams<Events extends object = AnyEvents>
	extends Omit<ConnectParams<Events>, "req" | "res" | "originalResHeaders"> {
	/** Where the stream is registered. Default: the default service. */
	readonly service?: SSEService<Events> | undefined;
	/**
	 * Node's response, where a layer writes to one and shows it: in Hono on `@hono/node-server` `c.env.outgoing`. Once the layer
	 * has sent the head and the first bytes, events are written there, which costs as much as `connectSSE`. If the layer does
	 * not, or something transforms the body, the stream stays in the body. Default: what srvx (h3, Nitro) shows. `false`:
	 * always the body. Needs a service of `sse-service`; one of `sse-service/fetch` ignores it.
	 */
	readonly outgoing?: ResponseLike | false | undefined;
	/** Headers of the response, in any form that `Headers` takes. They pass through, except for those of the event stream itself. */
	readonly headers?: ConstructorParameters<typeof Headers>[0];
}

/** The handle of a connection that a `Response` carries. */
export interface FetchConnection<Events extends object = AnyEvents>
	extends Omit<SSEConnection<Events>, "response" | "~events"> {
	readonly response: Response;
}

const NAMES: Readonly<Record<keyof RespondParams, true>> = {
	...SHARED_NAMES,
	service: true,
	headers: true,
	outgoing: true,
};

/** What `respond` returns. */
export interface RespondResult<Events extends object = AnyEvents>
	extends Pick<ConnectResult<Events>, "client"> {
	/** Return it from your handler: status 200, with a body that ends with the connection. */
	readonly response: Response;
	readonly connection: FetchConnection<Events>;
}

/**
 * Opens an event stream on a `Response` and registers its client.
 *
 * The stream ends when the runtime cancels the body or aborts the request's signal. If it does neither, `stallTimeoutMs` ends
 * the stream once nothing is read. Reading the request's body is up to the application. A HEAD request gets the headers only,
 * and a client that has already left gets a closed connection; neither is registered.
 *
 * @throws before a response exists, like {@link SSEService.connect}. An error with a `statusCode` has `toResponse()`.
 * @example
 * ```ts
 * import { respond } from "sse-service/fetch";
 *
 * export function GET(request: Request): Response {
 * 	const { response, connection } = respond(request, { clientId: "ada" });
 * 	connection.send({ hello: "world" });
 * 	return response;
 * }
 * ```
 */
export function respond<Events extends object = AnyEvents>(
	request: Request,
	params: RespondParams<Events> = {},
): RespondResult<Events> {
	if (!isRequest(request)) {
		const rule = "request must be a Request of the Fetch API (for Node's, use connectSSE)";
		throw invalid("ERR_SSE_INVALID_REQUEST", rule, request);
	}
	checkKeys(params, NAMES, "respond has no parameter");
	const { service = getDefaultService(), headers, outgoing, ...others } = params;
	if (!isObject(service) || !(INNER in service)) {
		const rule = "service must be what createSSEService returned";
		throw invalid("ERR_SSE_INVALID_OPTION", rule, service);
	}
	const inner = service as unknown as InnerService;
	const { transport } = inner;
	const res = transport && outgoingOf(request, outgoing);
	const { client, connection } = inner.openStream(
		Object.assign(others as object, { originalResHeaders: recordOf(headers) }),
		{
			sinkFor: () => new FetchSink(request, res && transport.carrierFor(res)),
			isClosing: () => res !== undefined && transport?.isClosing({ res }) === true,
		},
	);
	// The public types name Node's response, and the event map exists only for the compiler.
	return {
		response: connection.response as unknown as Response,
		client,
		connection: connection as unknown as FetchConnection<Events>,
	};
}

/** Requests of other libraries have no class in common. */
function isRequest(value: unknown): value is Request {
	if (!isObject(value)) return false;
	const { headers, url } = value as Partial<Request>;
	return typeof headers?.get === "function" && typeof url === "string";
}

/** Returns the response of Node that a layer writes to, if it shows one. */
export function outgoingOf(
	request: Request,
	outgoing: RespondParams["outgoing"],
): ResponseLike | undefined {
	if (outgoing !== undefined) return outgoing || undefined;
	return (request as OfSrvx).runtime?.node?.res;
}

/** @see https://srvx.h3.dev/guide/handler#requestruntime */
interface OfSrvx extends Request {
	readonly runtime?: { readonly node?: { readonly res?: ResponseLike } };
}

/** @throws `ERR_SSE_INVALID_HEADERS` */
function recordOf(init: RespondParams["headers"]): SSEHeaders | undefined {
	if (init === undefined) return undefined;
	try {
		const headers = new Headers(init);
		return { ...Object.fromEntries(headers), "set-cookie": headers.getSetCookie() };
	} catch (cause) {
		throw invalid("ERR_SSE_INVALID_HEADERS", "headers must be what new Headers accepts", init, {
			cause,
		});
	}
}

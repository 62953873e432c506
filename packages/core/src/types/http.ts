/**
 * Requests, responses and headers of Node and frameworks. Types only: nothing here runs.
 */
import type { IncomingMessage, OutgoingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Server } from "node:net";

/** A request of `node:http`, `node:https` or `node:http2` (compatibility API). */
export type HttpRequest = IncomingMessage | Http2ServerRequest;

/** A response of `node:http`, `node:https` or `node:http2` (compatibility API). */
export type HttpResponse = (ServerResponse | Http2ServerResponse) & OutgoingMessage;

/** A server of `node:http`, `node:https` or `node:http2`. */
export type HttpServer = Server & {
	/** HTTP/1.1 only. */
	closeIdleConnections?(): void;
	/** HTTP/1.1 only. */
	keepAliveTimeout?: number | undefined;
};

/** Response headers, as returned by Node's `getHeaders()` and by frameworks. */
export interface SSEHeaders {
	readonly [name: string]: number | string | readonly string[] | undefined;
}

/** The headers that every stream of a service has, whatever the application set. */
export type OwnHeaders = Readonly<Record<string, string>>;

/** The documented name of {@link SSEHeaders}. */
export type HttpResponseHeaders = SSEHeaders;

/** Node's object, or a framework's wrapper that carries it as `raw`. */
export type Raw<T> = T | { readonly raw: T };

/** The request `connect` takes. */
export type RequestLike = Raw<IncomingMessage | Http2ServerRequest>;

/** The response `connect` takes. */
export type ResponseLike = Raw<ServerResponse | Http2ServerResponse>;

/**
 * Node's request and response behind the objects of a framework, which wraps them.
 */
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { invalid, isObject } from "../checks/errors.js";

/** The parts of the two kinds of Node responses that a stream needs. */
export type NodeResponse = ServerResponse & {
	/** HTTP/2 only. */
	readonly stream?: {
		readonly destroyed: boolean;
		readonly closed: boolean;
		readonly session?: { close(): void } | undefined;
		close(code: number): void;
		destroy(): void;
		setTimeout(ms: number): void;
		once(event: "aborted", listener: () => void): unknown;
	};
	/** Added by compression middleware. */
	flush?(): void;
	/** The head that Node has sent. */
	readonly _header?: unknown;
};

/** Returns the object itself, or the one that a framework's wrapper carries as `raw`; `undefined` if it is not an object. */
export function rawOf(value: unknown): object | undefined {
	// `instanceof` reads no properties. Each property read is a slow lookup on Express's objects.
	if (value instanceof ServerResponse || value instanceof IncomingMessage) return value;
	if (!isObject(value)) return undefined;
	return isObject(value.raw) ? value.raw : value;
}

/** @throws `ERR_SSE_INVALID_REQUEST` if these are not a request and a response of Node */
export function nodeObjectsOf(
	req: unknown,
	res: unknown,
): { readonly request: IncomingMessage; readonly response: NodeResponse } {
	if (req instanceof IncomingMessage && res instanceof ServerResponse) {
		return { request: req, response: res };
	}
	const request = rawOf(req) as IncomingMessage | undefined;
	const response = rawOf(res) as NodeResponse | undefined;
	if (isObject(request?.headers) && typeof response?.setHeader === "function") {
		return { request, response };
	}
	const isRequest = isObject(request?.headers);
	const what = isRequest ? "res must be Node's response" : "req must be Node's request";
	const hint =
		'or carry it as raw (connect takes { req, res }; for a Request of the Fetch API use respond of "sse-service/fetch")';
	throw invalid("ERR_SSE_INVALID_REQUEST", `${what}, ${hint}`, isRequest ? res : req);
}

/** The stream of HTTP/2 below a response. A response of HTTP/1.1 has none, whatever an application keeps there (`res.stream = …`). */
export function http2StreamOf<Stream>(response: { readonly stream?: Stream }): Stream | undefined {
	return response instanceof ServerResponse ? undefined : response.stream;
}

/** Whether a stand-in (for tests or serverless functions) replaces the socket: then no server emits 'close' for the response. */
export function isStandIn(response: NodeResponse): boolean {
	const { socket } = response;
	return http2StreamOf(response) === undefined && socket !== null && !(socket instanceof Socket);
}

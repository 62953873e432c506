/**
 * Node's request or response behind what the application has: frameworks wrap them.
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
	/** The head as Node has sent it. */
	readonly _header?: unknown;
};

/** The object itself, or the one a framework's wrapper carries as `raw`; `undefined` when it is no object. */
export function rawOf(value: unknown): object | undefined {
	// What an object is made of is seen without a look at its properties, each of which is a search in Express's.
	if (value instanceof ServerResponse || value instanceof IncomingMessage) return value;
	if (!isObject(value)) return undefined;
	return isObject(value.raw) ? value.raw : value;
}

/** @throws `ERR_SSE_INVALID_REQUEST` when these are not a request and a response of Node */
export function nodeObjectsOf(
	req: unknown,
	res: unknown,
): [request: IncomingMessage, response: ServerResponse] {
	if (req instanceof IncomingMessage && res instanceof ServerResponse) return [req, res];
	const request = rawOf(req) as IncomingMessage | undefined;
	const response = rawOf(res) as ServerResponse | undefined;
	if (isObject(request?.headers) && typeof response?.setHeader === "function") {
		return [request, response];
	}
	const rule = "{ req, res } must be of Node, or carry it as raw";
	throw invalid("ERR_SSE_INVALID_REQUEST", rule, res);
}

/** Whether a stand-in for tests or functions is in the place of the socket: no server emits 'close' for the response. */
export function isStandIn({ socket, stream }: NodeResponse): boolean {
	return stream === undefined && socket !== null && !(socket instanceof Socket);
}

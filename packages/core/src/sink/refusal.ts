/**
 * Answers a request of Node's HTTP with an error instead of a stream.
 */
import type { SSEError } from "../checks/errors.js";
import type { ConnectParams } from "../types/connect.js";
import { setStreamHeaders } from "./node-headers.js";
import { nodeObjectsOf } from "./node-objects.js";

/**
 * Sends the status and the headers of an error, with its code as the body. The headers of the application pass through, as those
 * of a stream do: with CORS, a page may read the answer.
 *
 * @param params whose response has sent nothing
 * @throws `ERR_SSE_INVALID_HEADERS`, with nothing sent
 */
export function answerRefusal(
	{ code, statusCode = 500, headers }: SSEError,
	{ req, res, originalResHeaders = {} }: ConnectParams,
): void {
	const { request, response } = nodeObjectsOf(req, res);
	const own = { "Content-Type": "text/plain", ...headers };
	setStreamHeaders(response, own, originalResHeaders, request, false);
	response.statusCode = statusCode;
	// What the application still writes is an error of the ended response, which without a listener ends the process.
	response.on("error", () => {});
	response.end(code);
}

/**
 * The error of a stream, and whether another attempt follows.
 */

/**
 * - `ERR_SSE_INVALID_OPTION`: an option is invalid. Thrown by `openStream`.
 * - `ERR_SSE_NETWORK`: the request failed, or the connection broke.
 * - `ERR_SSE_STATUS`: the server answered with a status other than 200, which `status` holds.
 * - `ERR_SSE_CONTENT_TYPE`: the response is not `text/event-stream`. Final.
 * - `ERR_SSE_STALLED`: the server sent nothing in time, or `headers` or `body` took longer than `connectTimeoutMs`.
 * - `ERR_SSE_TOO_LONG`: an event is longer than `maxEventLength`.
 * - `ERR_SSE_PARSE`: the data of an event could not be read. The event is skipped.
 * - `ERR_SSE_CALLBACK`: `headers`, `body`, the URL's function, `onUnauthorized` or `isFinal` threw. Final for the last two.
 */
export type StreamErrorCode =
	| "ERR_SSE_INVALID_OPTION"
	| "ERR_SSE_NETWORK"
	| "ERR_SSE_STATUS"
	| "ERR_SSE_CONTENT_TYPE"
	| "ERR_SSE_STALLED"
	| "ERR_SSE_TOO_LONG"
	| "ERR_SSE_PARSE"
	| "ERR_SSE_CALLBACK";

interface Details {
	readonly status?: number | undefined;
	readonly final?: boolean | undefined;
	readonly cause?: unknown;
}

const BRAND = Symbol.for("sse-service.client.error.v1");

export class StreamError extends Error {
	readonly code: StreamErrorCode;
	/** The status of the response, if there was one. */
	readonly status: number | undefined;
	/** Whether this error ended the stream. */
	readonly final: boolean;

	constructor(code: StreamErrorCode, message: string, details: Details = {}) {
		// Reads `cause`, if it is there.
		super(message, details);
		this.name = "StreamError";
		this.code = code;
		this.status = details.status;
		this.final = details.final ?? false;
	}

	get [BRAND](): true {
		return true;
	}
}

/** Cuts URLs and queries, which may have a password or a token, out of the text for a message. Logs and other tabs get messages. */
export function withoutSecrets(text: string): string {
	return text.replace(/(\/\/|[?#])\S+/g, "$1…");
}

/** Whether `error` is a stream error, even of another copy of this package. */
export function isStreamError(error: unknown): error is StreamError {
	return Object(error)[BRAND] === true;
}

/**
 * The one error class of the library. Users match on `code`, which is append-only: a code is never
 * renamed or reused. Errors are for mistakes and limits; ordinary events (a client that left) are
 * return values.
 */

/** Every code that this package throws. `docs/errors.md` says of each when it is thrown and what to do. */
export type SSEErrorCode =
	| "ERR_SSE_INVALID_EVENT"
	| "ERR_SSE_INVALID_ID"
	| "ERR_SSE_INVALID_RETRY"
	| "ERR_SSE_INVALID_DATA"
	| "ERR_SSE_INVALID_CLIENT_ID"
	| "ERR_SSE_INVALID_GROUP"
	| "ERR_SSE_INVALID_META"
	| "ERR_SSE_INVALID_EXPIRES_AT"
	| "ERR_SSE_EXPIRED"
	| "ERR_SSE_INVALID_TARGET"
	| "ERR_SSE_INVALID_REASON"
	| "ERR_SSE_INVALID_HEADERS"
	| "ERR_SSE_INVALID_OPTION"
	| "ERR_SSE_INVALID_REQUEST"
	| "ERR_SSE_INVALID_SOURCE"
	| "ERR_SSE_RESPONSE_STARTED"
	| "ERR_SSE_PIPELINED"
	| "ERR_SSE_MAX_CONNECTIONS"
	| "ERR_SSE_MAX_CONNECTIONS_PER_CLIENT"
	| "ERR_SSE_MAX_CONNECTIONS_PER_KEY"
	| "ERR_SSE_MAX_GROUPS"
	| "ERR_SSE_SERVICE_CLOSED"
	| "ERR_SSE_ALREADY_CONFIGURED"
	| "ERR_SSE_CONNECTION_CLOSED"
	| "ERR_SSE_NO_HISTORY"
	| "ERR_SSE_TIMEOUT"
	| "ERR_SSE_LOG_BUSY"
	| "ERR_SSE_LOG_FAILED"
	| "ERR_SSE_LOG_CONFIG"
	| "ERR_SSE_LOG_VERSION"
	| "ERR_SSE_INVALID_RUN_ID"
	| "ERR_SSE_RUN_UNKNOWN"
	| "ERR_SSE_RUN_OVER"
	| "ERR_SSE_RUN_LIMIT"
	| "ERR_SSE_MAX_RUNS";

/**
 * The HTTP status to answer with, for each code that a request can cause. An error without a status is a mistake in the program:
 * the functions of 1.x throw that, and handle the others themselves.
 */
const STATUSES: { readonly [Code in SSEErrorCode]?: number } = {
	ERR_SSE_INVALID_EVENT: 400,
	ERR_SSE_INVALID_ID: 400,
	ERR_SSE_INVALID_RETRY: 400,
	ERR_SSE_INVALID_CLIENT_ID: 400,
	ERR_SSE_INVALID_GROUP: 400,
	ERR_SSE_EXPIRED: 401,
	ERR_SSE_PIPELINED: 400,
	ERR_SSE_MAX_CONNECTIONS: 503,
	ERR_SSE_MAX_CONNECTIONS_PER_CLIENT: 429,
	ERR_SSE_MAX_CONNECTIONS_PER_KEY: 429,
	ERR_SSE_MAX_GROUPS: 429,
	ERR_SSE_SERVICE_CLOSED: 503,
	ERR_SSE_LOG_BUSY: 503,
	ERR_SSE_LOG_FAILED: 503,
	ERR_SSE_INVALID_RUN_ID: 400,
	ERR_SSE_RUN_UNKNOWN: 404,
	ERR_SSE_MAX_RUNS: 503,
};

// RFC 9110, 10.2.3. A limit is rarely free again within a second, and a person who waits does not wait for a minute.
const RETRY_LATER = { "Retry-After": "5" };

/** What an error carries besides its code and its message. */
export interface SSEErrorDetails {
	/** Default: the status of the code, if it has one. */
	readonly statusCode?: number | undefined;
	/** What caused the error. */
	readonly cause?: unknown;
	/** Headers for the answer to the request. Default: `Retry-After` of 5 seconds with status 429 or 503, else none. */
	readonly headers?: Readonly<Record<string, string>> | undefined;
}

// Two copies of this module (ESM and CommonJS) may meet in one process, so identity is a brand.
const BRAND = Symbol.for("sse-service.error.v1");

/** Thrown by every function of this package; recognize it with {@link isSSEError} or by `code`. */
export class SSEError extends Error {
	override readonly name: string = "SSEError";
	readonly code: SSEErrorCode;
	/** The HTTP status to answer with, if a request can cause the error: 400, 401, 404, 429 or 503. */
	readonly statusCode: number | undefined;
	/** Headers for that answer, in the form of `http-errors`: Express and Fastify send them. */
	readonly headers: Readonly<Record<string, string>> | undefined;
	/** @internal */
	readonly [BRAND] = true;

	/** @param details `statusCode` defaults to that of the code */
	constructor(
		code: SSEErrorCode,
		message: string,
		{
			statusCode = STATUSES[code],
			cause,
			headers = statusCode === 429 || statusCode === 503 ? RETRY_LATER : undefined,
		}: SSEErrorDetails = {},
	) {
		super(message, cause === undefined ? cause : { cause });
		this.code = code;
		this.statusCode = statusCode;
		this.headers = headers;
	}

	/** The answer to the request, for handlers that return a `Response`: the status, the headers, and code and message as JSON. */
	toResponse(): Response {
		const { code, message, statusCode: status = 500, headers } = this;
		// `Response.json` is not of the class that a runtime has put in the place of the global one (@hono/node-server does),
		// and h3 takes only that class for a response.
		return new Response(JSON.stringify({ code, message }), {
			status,
			headers: { "Content-Type": "application/json", ...headers },
		});
	}
}

/** Whether `value` is an error of this library, whichever copy of it (ESM, CommonJS) threw it. */
export function isSSEError(value: unknown): value is SSEError {
	return isObject(value) && BRAND in value;
}

/** The error for a value that breaks a rule: "`rule`, got `value`". A promise that is refused is still observed. */
export function invalid(
	code: SSEErrorCode,
	rule: string,
	value: unknown,
	details?: SSEErrorDetails,
): SSEError {
	observe(value);
	return new SSEError(code, `${rule}, got ${shown(value)}`, details);
}

/** Handles the rejection of a promise that nobody else may await: an unhandled one would end the process. */
export function observe(value: unknown): void {
	if (isPromise(value)) Promise.resolve(value).catch(() => {});
}

/** True for promises of any realm, but for no other thenable: some start their work when awaited. */
function isPromise(value: unknown): boolean {
	return tagOf(value) === "[object Promise]";
}

function tagOf(value: unknown): string {
	try {
		return Object.prototype.toString.call(value);
	} catch {
		// A revoked proxy throws.
		return "";
	}
}

/** The rejection of an append to a closed event log. */
export function logClosed(): SSEError {
	const message = "The service is closed, and stores no more events";
	return new SSEError("ERR_SSE_SERVICE_CLOSED", message);
}

/** Thrown when an event log is opened again. */
export function logTaken(): SSEError {
	const message = "An event log serves one service: create one for each";
	return new SSEError("ERR_SSE_INVALID_OPTION", message);
}

/** The reason of an aborted signal. */
export function connectionClosed(reason: string | undefined): SSEError {
	const error = new SSEError("ERR_SSE_CONNECTION_CLOSED", `Connection closed: ${reason}`);
	// `AbortError` is what `fetch` and others look for to tell an abort from a failure.
	return Object.assign(error, { name: "AbortError", reason });
}

/** Whether `value` is an object whose members can be looked at. */
export function isObject(value: unknown): value is Record<PropertyKey, unknown> {
	return typeof value === "object" && value !== null;
}

/** @throws `code` if `value` is not an object, or is an array or a promise */
export function checkObject(
	value: unknown,
	name: string,
	code: SSEErrorCode,
	details?: SSEErrorDetails,
): Record<PropertyKey, unknown> {
	if (isObject(value) && !Array.isArray(value) && !isPromise(value)) return value;
	throw invalid(code, `${name} must be an object`, value, details);
}

/** `value` as it appears in a message: shortened text, or its type. */
export function shown(value: unknown): string {
	if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
	if (typeof value === "bigint") return `${String(value).slice(0, 40)}n`;
	if (tagOf(value) === "[object Array]") return "an array";
	return isObject(value) ? "an object" : String(value).slice(0, 40);
}

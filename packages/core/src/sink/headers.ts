/**
 * The headers of an event stream: ours, the framework's and those already on the response, put together.
 */
import { SSEError } from "../checks/errors.js";
import type { SSEHeaders } from "../types/http.js";

type HeaderValue = number | string | readonly string[];

/** Headers as a response had them, in its order. */
type HeaderList = readonly (readonly [name: string, value: HeaderValue])[];

/** The part of a Node response that holds headers. */
export interface HeaderHolder {
	getHeader(name: string): HeaderValue | undefined;
	getHeaderNames(): string[];
	/** HTTP/1 only. */
	getRawHeaderNames?(): string[];
	setHeader(name: string, value: HeaderValue): unknown;
	removeHeader(name: string): void;
	writeHead(status: number, headers: Readonly<Record<string, string>>): unknown;
}

// `no-transform` keeps compression middleware and proxies from holding events back; `X-Accel-Buffering`
// is nginx's.
const OUR_HEADERS = {
	"Content-Type": "text/event-stream",
	"Cache-Control": "no-cache, no-transform",
	"X-Accel-Buffering": "no",
} as const;
const OUR_HEADER_LIST = Object.entries(OUR_HEADERS);

// They describe a body of known length or coding, which this is not.
const NEVER_ON_A_STREAM = ["content-length", "content-encoding", "transfer-encoding"];

// RFC 9113, 8.2.2: "An endpoint MUST NOT generate an HTTP/2 message containing connection-specific header fields."
// On HTTP/1.0 `Connection: keep-alive` would promise a reuse that a body without a length cannot keep.
const CONNECTION_SPECIFIC = ["connection", "keep-alive", "proxy-connection", "upgrade"];

const DROPPED = new Set([
	...NEVER_ON_A_STREAM,
	...Object.keys(OUR_HEADERS).map((name) => name.toLowerCase()),
]);
const DROPPED_BUT_ON_1_1 = new Set([...DROPPED, ...CONNECTION_SPECIFIC]);

// RFC 9110, 5.6.2 and 5.5. Node checks them too, but for HTTP/2, whose `setHeader` takes a line end.
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
const NOT_IN_A_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * Set the headers of a stream, each once, whatever letter case it was given in: ours before the framework's
 * before those on the response. Every Set-Cookie is kept.
 *
 * @param isPlain a response of Node as it is: where it has no headers yet and gets none but ours, its head is written.
 * Headers that are set are kept for as long as the stream is open, to be asked for: 500 bytes.
 * @returns those that the response had before, for `restoreHeaders`
 * @throws `ERR_SSE_INVALID_HEADERS`, with the response's headers as they were
 */
export function setStreamHeaders(
	response: HeaderHolder,
	framework: SSEHeaders,
	httpVersion: string,
	isPlain: boolean,
): HeaderList {
	const before = (response.getRawHeaderNames?.() ?? response.getHeaderNames()).map(
		(name) => [name, response.getHeader(name) ?? ""] as const,
	);
	const isEmpty = before.length === 0 && Object.keys(framework).length === 0;
	if (isPlain && isEmpty && !Object.hasOwn(response, "writeHead")) {
		response.writeHead(200, OUR_HEADERS);
		return before;
	}
	const dropped = httpVersion === "1.1" ? DROPPED : DROPPED_BUT_ON_1_1;

	try {
		for (const [name] of before) {
			const lowerCase = name.toLowerCase();
			// Node takes the removal of this one for a wish to send a body without chunks.
			if (httpVersion === "1.1" && lowerCase === "transfer-encoding") {
				response.setHeader(name, "chunked");
			} else if (dropped.has(lowerCase)) response.removeHeader(name);
		}
		for (const [name, value] of Object.entries(framework)) {
			const lowerCase = name.toLowerCase();
			if (value === undefined || dropped.has(lowerCase)) continue;
			if (!TOKEN.test(name) || [value].flat().some((item) => NOT_IN_A_VALUE.test(String(item)))) {
				throw new TypeError(name);
			}
			const isCookie = lowerCase === "set-cookie";
			response.setHeader(name, isCookie ? union(response.getHeader(name), value) : value);
		}
		for (const [name, value] of OUR_HEADER_LIST) response.setHeader(name, value);
	} catch (cause) {
		restoreHeaders(response, before);
		throw new SSEError("ERR_SSE_INVALID_HEADERS", `Invalid headers (${cause})`, undefined, cause);
	}
	return before;
}

/** Make the headers of a response what they were before. */
export function restoreHeaders(response: HeaderHolder, before: HeaderList): void {
	for (const name of response.getHeaderNames()) response.removeHeader(name);
	for (const [name, value] of before) response.setHeader(name, value);
}

function union(present: HeaderValue = [], added: HeaderValue): string[] {
	return [...new Set([present, added].flat().map(String))];
}

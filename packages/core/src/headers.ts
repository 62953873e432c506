/**
 * The headers of an event stream: ours, the framework's and those already on the response, put together.
 */
import { validateHeaderName, validateHeaderValue } from "node:http";
import { SSEError } from "./errors.js";
import type { SSEHeaders } from "./types.js";

type HeaderValue = number | string | readonly string[];

/** The part of a Node response that holds headers. */
export interface HeaderHolder {
	getHeader(name: string): HeaderValue | undefined;
	getHeaderNames(): string[];
	/** HTTP/1 only. */
	getRawHeaderNames?(): string[];
	setHeader(name: string, value: HeaderValue): unknown;
	removeHeader(name: string): void;
}

// `no-transform` keeps compression middleware and proxies from holding events back; `X-Accel-Buffering`
// is nginx's.
const OUR_HEADERS: Readonly<Record<string, string>> = {
	"Content-Type": "text/event-stream",
	"Cache-Control": "no-cache, no-transform",
	"X-Accel-Buffering": "no",
};

// They describe a body of known length or coding, which this is not.
const NEVER_ON_A_STREAM = ["content-length", "content-encoding", "transfer-encoding"];

// RFC 9113, 8.2.2: "An endpoint MUST NOT generate an HTTP/2 message containing connection-specific header fields."
// On HTTP/1.0 `Connection: keep-alive` would promise a reuse that a body without a length cannot keep.
const CONNECTION_SPECIFIC = [
	"connection",
	"keep-alive",
	"proxy-connection",
	"upgrade",
	"http2-settings",
	"te",
];

/**
 * Set the headers of a stream, each once, whatever letter case it was given in: ours before the framework's
 * before those on the response. Every Set-Cookie is kept.
 *
 * @throws `ERR_SSE_INVALID_HEADERS`, with the response's headers as they were
 */
export function setStreamHeaders(
	response: HeaderHolder,
	framework: SSEHeaders,
	httpVersion: string,
): void {
	const before = (response.getRawHeaderNames?.() ?? response.getHeaderNames()).map(
		(name) => [name, response.getHeader(name) ?? ""] as const,
	);
	const dropped = new Set([
		...NEVER_ON_A_STREAM,
		...(httpVersion === "1.1" ? [] : CONNECTION_SPECIFIC),
		...Object.keys(OUR_HEADERS).map((name) => name.toLowerCase()),
	]);
	const isDropped = (name: string): boolean => dropped.has(name.toLowerCase());
	const set = (name: string, value: HeaderValue): void => {
		// `setHeader` of HTTP/2's compatibility API takes any value, a line end included.
		validateHeaderName(name);
		for (const item of [value].flat()) validateHeaderValue(name, String(item));
		response.setHeader(name, value);
	};

	try {
		for (const [name] of before) {
			// Node takes the removal of this one for a wish to send a body without chunks.
			if (httpVersion === "1.1" && name.toLowerCase() === "transfer-encoding") set(name, "chunked");
			else if (isDropped(name)) response.removeHeader(name);
		}
		for (const [name, value] of Object.entries(framework)) {
			if (value === undefined || isDropped(name)) continue;
			set(
				name,
				name.toLowerCase() === "set-cookie" ? union(response.getHeader(name), value) : value,
			);
		}
		for (const [name, value] of Object.entries(OUR_HEADERS)) set(name, value);
	} catch (cause) {
		for (const name of response.getHeaderNames()) response.removeHeader(name);
		for (const [name, value] of before) response.setHeader(name, value);
		throw new SSEError(
			"ERR_SSE_INVALID_HEADERS",
			`The headers cannot be sent (${cause})`,
			undefined,
			cause,
		);
	}
}

function union(present: HeaderValue = [], added: HeaderValue): string[] {
	return [...new Set([present, added].flat().map(String))];
}

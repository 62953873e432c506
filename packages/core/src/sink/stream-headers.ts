/**
 * The header policy of an event stream: merges our headers, the framework's and those already set on the response. Each sink
 * writes them in its own way.
 */
import { SSEError } from "../checks/errors.js";
import type { OwnHeaders, SSEHeaders } from "../types/http.js";

export type HeaderValue = number | string | readonly string[];

export type Header = readonly [name: string, value: HeaderValue];

/** `no-transform` keeps compression middleware and proxies from holding events back; `X-Accel-Buffering` is nginx's. */
const OUR_HEADERS = {
	"Content-Type": "text/event-stream",
	"Cache-Control": "no-cache, no-transform",
	"X-Accel-Buffering": "no",
} as const;

/**
 * @param heartbeatMs 0: no heartbeats. Otherwise announced as `SSE-Heartbeat`, in milliseconds, so that a client knows how
 * long a silence means a failure
 */
export function ownHeaders(heartbeatMs: number): OwnHeaders {
	return heartbeatMs === 0 ? OUR_HEADERS : { ...OUR_HEADERS, "SSE-Heartbeat": String(heartbeatMs) };
}

// These describe a body of known length or coding, which a stream is not.
const NEVER_ON_A_STREAM = ["content-length", "content-encoding", "transfer-encoding"];

// RFC 9113, 8.2.2: "An endpoint MUST NOT generate an HTTP/2 message containing connection-specific header fields."
// On HTTP/1.0 `Connection: keep-alive` would promise a reuse that a body without a length cannot keep.
const CONNECTION_SPECIFIC = ["connection", "keep-alive", "proxy-connection", "upgrade"];

const DROPPED = new Set([
	...NEVER_ON_A_STREAM,
	...Object.keys(ownHeaders(1)).map((name) => name.toLowerCase()),
]);
const DROPPED_BUT_ON_1_1 = new Set([...DROPPED, ...CONNECTION_SPECIFIC]);

// RFC 9110, 5.6.2 and 5.5. Node checks them too, except on HTTP/2, whose `setHeader` accepts line ends.
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
const NOT_IN_A_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

// RFC 9111, 5.2.2. A comma within quotes separates nothing.
const DIRECTIVE = /(?:[^",]|"[^"]*")+/g;
// These let a cache store or reuse a response, which no stream allows.
const ALLOWS_CACHING =
	/^(?:public|max-age|s-maxage|immutable|stale-while-revalidate|stale-if-error)\b/i;

/**
 * Returns the headers of a stream by lower-case name, each once, whatever its original case. Ours take precedence over the
 * framework's, and those over the response's. Every Set-Cookie is kept, and every Cache-Control directive that restricts caches.
 *
 * @param httpVersion for any version except `"1.1"`, connection-specific headers are left out
 * @throws `ERR_SSE_INVALID_HEADERS`
 */
export function streamHeaders(
	own: OwnHeaders,
	present: readonly Header[],
	framework: SSEHeaders,
	httpVersion: string,
): ReadonlyMap<string, Header> {
	const dropped = httpVersion === "1.1" ? DROPPED : DROPPED_BUT_ON_1_1;
	const headers = new Map<string, Header>();
	const cacheControl: HeaderValue[] = [];
	const add = (name: string, value: HeaderValue): void => {
		const lowerCase = name.toLowerCase();
		if (lowerCase === "cache-control") cacheControl.push(value);
		if (dropped.has(lowerCase)) return;
		const isCookie = lowerCase === "set-cookie";
		headers.set(lowerCase, [name, isCookie ? union(headers.get(lowerCase)?.[1], value) : value]);
	};
	for (const header of present) add(...header);
	for (const [name, value] of Object.entries(framework)) {
		if (value === undefined) continue;
		if (!TOKEN.test(name) || [value].flat().some((item) => NOT_IN_A_VALUE.test(String(item)))) {
			throw invalidHeaders(new TypeError(name));
		}
		add(name, value);
	}
	for (const header of Object.entries(own)) headers.set(header[0].toLowerCase(), header);
	if (cacheControl.length > 0) {
		headers.set("cache-control", ["Cache-Control", restricted(cacheControl)]);
	}
	return headers;
}

/**
 * Returns the headers of a stream on a `Response`. The runtime sets connection-specific ones. Where the framework has none, they
 * are ours as they are: a layer that takes plain headers, such as `@hono/node-server`, then makes no `Headers` at all.
 */
export function fetchHeaders(own: OwnHeaders, framework: SSEHeaders): Headers | OwnHeaders {
	if (Object.keys(framework).length === 0) return own;
	const headers = new Headers();
	for (const [name, value] of streamHeaders(own, [], framework, "").values()) {
		for (const each of [value].flat()) headers.append(name, String(each));
	}
	return headers;
}

export function invalidHeaders(cause: unknown): SSEError {
	return new SSEError(
		"ERR_SSE_INVALID_HEADERS",
		`A header of the response, or of originalResHeaders, is invalid (${cause})`,
		{ cause },
	);
}

/** The application's directives that restrict caches, plus ours. */
function restricted(values: readonly HeaderValue[]): string {
	const directives = [...values, OUR_HEADERS["Cache-Control"]]
		.flatMap((value) => String(value).match(DIRECTIVE) ?? [])
		.map((directive) => directive.trim())
		.filter((directive) => directive !== "" && !ALLOWS_CACHING.test(directive));
	return [...new Map(directives.map((each) => [each.toLowerCase(), each])).values()].join(", ");
}

function union(present: HeaderValue = [], added: HeaderValue): string[] {
	return [...new Set([present, added].flat().map(String))];
}

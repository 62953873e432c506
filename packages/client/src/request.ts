/**
 * The request of one attempt: made of the options and the position of the stream.
 */
import type { AttemptRequest } from "./attempt.js";
import type { ResolvedOptions } from "./options.js";

export interface RequestParams {
	readonly url: string | (() => string);
	readonly options: ResolvedOptions;
	readonly lastEventId: string | undefined;
	/** Whether to ask for the next events instead of a stream. */
	readonly isPoll: boolean;
}

/** Calls the application's functions, which may never return. @throws what they throw */
export async function createRequest({
	url: given,
	options,
	lastEventId,
	isPoll,
}: RequestParams): Promise<AttemptRequest> {
	const { method = "GET", credentials, maxEventLength } = options;
	let url = typeof given === "function" ? given() : given;
	const headers = new Headers(await resolved(options.headers));
	const body = await resolved(options.body);
	if (!headers.has("accept")) headers.set("accept", "text/event-stream");
	if (lastEventId !== undefined && lastEventId !== "") {
		// Node's fetch refuses control characters in a header, each time, and every one cuts off outer spaces and tabs.
		const isUnfit = /[^\t -~\x80-\uffff]|^[\t ]|[\t ]$/.test(lastEventId);
		if (options.lastEventIdIn === "query" || isUnfit) {
			url = withQuery(url, "lastEventId", lastEventId);
		} else headers.set("last-event-id", encodeHeader(lastEventId));
	}
	if (isPoll) url = withQuery(url, "live", "poll");
	const init = { method, headers, cache: "no-store", credentials, body } as RequestInit & {
		duplex?: "half";
	};
	// Node requires this option for a stream: the response may begin before the request has ended. React Native has no
	// `ReadableStream` to compare with.
	if (Object(body).getReader) init.duplex = "half";
	return { fetch: options.fetch ?? globalThis.fetch, url, init, maxEventLength };
}

function resolved<T>(value: T | (() => T | Promise<T>) | undefined): T | Promise<T> | undefined {
	return typeof value === "function" ? (value as () => T | Promise<T>)() : value;
}

/** Encodes an id like browsers (HTML, section 9.2.3): each UTF-8 byte becomes a character of the header. */
function encodeHeader(id: string): string {
	// Not spread into arguments: their number is limited, and the server chose the id.
	return Array.from(new TextEncoder().encode(id), (byte) => String.fromCharCode(byte)).join("");
}

function withQuery(url: string, name: string, value: string): string {
	const separator = /^[^#]*\?/.test(url) ? "&" : "?";
	// Before the fragment, or at the end.
	return url.replace(/#|$/, (hash) => `${separator}${name}=${encodeURIComponent(value)}${hash}`);
}

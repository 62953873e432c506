/**
 * Writes the headers of an event stream on a response of Node.
 */
import type { OwnHeaders, SSEHeaders } from "../types/http.js";
import { type Header, type HeaderValue, invalidHeaders, streamHeaders } from "./stream-headers.js";

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

/**
 * Sets the headers of a stream.
 *
 * @param isPlain an unwrapped response of Node: if it has no headers yet and gets only ours, its head is written directly.
 * Node would otherwise keep the set headers while the stream is open, in 500 bytes.
 * @returns the headers that the response had before, for `restoreHeaders`
 * @throws `ERR_SSE_INVALID_HEADERS`, with the response's headers as they were
 */
export function setStreamHeaders(
	response: HeaderHolder,
	own: OwnHeaders,
	framework: SSEHeaders,
	{ httpVersion }: { readonly httpVersion: string },
	isPlain: boolean,
): readonly Header[] {
	const names = response.getRawHeaderNames?.() ?? response.getHeaderNames();
	const isEmpty = names.length === 0 && Object.keys(framework).length === 0;
	if (isPlain && isEmpty && !Object.hasOwn(response, "writeHead")) {
		response.writeHead(200, own);
		return [];
	}
	const before = names.map((name) => [name, response.getHeader(name) ?? ""] as const);
	const headers = streamHeaders(own, before, framework, httpVersion);
	try {
		for (const [name] of before) {
			const lowerCase = name.toLowerCase();
			// Node takes the removal of this header as a request not to use chunks.
			if (httpVersion === "1.1" && lowerCase === "transfer-encoding") {
				response.setHeader(name, "chunked");
			} else if (!headers.has(lowerCase)) response.removeHeader(name);
		}
		for (const [name, value] of headers.values()) response.setHeader(name, value);
	} catch (cause) {
		restoreHeaders(response, before);
		throw invalidHeaders(cause);
	}
	return before;
}

/** Restores the headers of a response. */
export function restoreHeaders(response: HeaderHolder, before: readonly Header[]): void {
	for (const name of response.getHeaderNames()) response.removeHeader(name);
	for (const [name, value] of before) response.setHeader(name, value);
}

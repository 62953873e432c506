/**
 * A client that opens an event stream over HTTP/1.1, HTTPS or HTTP/2 and reads it with eventsource-parser,
 * keeping the bytes as they came.
 */
import http, { type IncomingHttpHeaders } from "node:http";
import http2 from "node:http2";
import https from "node:https";
import type { Readable } from "node:stream";
import { createParser } from "eventsource-parser";
import { settled } from "./waiting.js";

/** An event as a client of the specification sees it. */
export interface ReceivedEvent {
	readonly data: string;
	readonly event?: string | undefined;
	readonly id?: string | undefined;
}

export interface OpenOptions {
	readonly method?: string;
	readonly headers?: Record<string, string>;
	readonly body?: string;
}

export interface TestStream {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	/** Name and value in turn, as they came (HTTP/1 only). */
	readonly rawHeaders: readonly string[];
	readonly events: readonly ReceivedEvent[];
	readonly comments: readonly string[];
	readonly retries: readonly number[];
	/** The body received so far, as text. */
	readonly text: string;
	/** The same without heartbeats, of which a slow machine sees more. */
	readonly textBetweenHeartbeats: string;
	/** Resolves with the first `count` events, once they are here. */
	take(count: number): Promise<readonly ReceivedEvent[]>;
	/** Resolves once `test` holds; it is looked at when something arrives. */
	until(test: () => boolean): Promise<void>;
	/** Resolves when the body has ended: `true` if it ended in an orderly way, `false` if it was cut. */
	readonly ended: Promise<boolean>;
	/** Stops reading, so that the server is blocked in time. */
	pause(): void;
	resume(): void;
	/** Go away, as a client that vanishes does. */
	abort(): void;
}

interface Opened {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	readonly rawHeaders: readonly string[];
	readonly body: Readable;
	abort(): void;
	isComplete(): boolean;
}

/** Open a stream; resolves when the response's headers are here. `http2:` opens HTTP/2 without TLS. */
export async function openStream(
	url: string,
	options: OpenOptions & { readonly http2?: boolean } = {},
): Promise<TestStream> {
	const opened = await settled(
		options.http2 ? openHttp2(url, options) : openHttp1(url, options),
		`headers of ${url}`,
	);
	const events: ReceivedEvent[] = [];
	const comments: string[] = [];
	const retries: number[] = [];
	let text = "";
	const arrivals = new Set<() => void>();
	const parser = createParser({
		onEvent: (event) => events.push(event),
		onComment: (comment) => comments.push(comment),
		onRetry: (retry) => retries.push(retry),
	});
	const { body } = opened;
	body.setEncoding("utf8");
	body.on("data", (chunk: string) => {
		text += chunk;
		parser.feed(chunk);
		for (const look of [...arrivals]) look();
	});
	const ended = new Promise<boolean>((resolve) => {
		body.on("error", () => {});
		body.on("close", () => {
			resolve(opened.isComplete());
			for (const look of [...arrivals]) look();
		});
	});
	const until = (test: () => boolean): Promise<void> => {
		const arrived = new Promise<void>((resolve, reject) => {
			const look = (): void => {
				if (test()) resolve();
				else if (body.destroyed)
					reject(new Error(`the stream ended first; it had ${events.length} events`));
				else return;
				arrivals.delete(look);
			};
			arrivals.add(look);
			look();
		});
		return settled(
			arrived,
			() =>
				`what is awaited; there are ${events.length} events, text ends ${JSON.stringify(text.slice(-80))}`,
		);
	};
	return {
		status: opened.status,
		headers: opened.headers,
		rawHeaders: opened.rawHeaders,
		events,
		comments,
		retries,
		get text() {
			return text;
		},
		get textBetweenHeartbeats() {
			return text.replaceAll(/^: heartbeat\n/gm, "");
		},
		take: async (count) => {
			await until(() => events.length >= count);
			return events.slice(0, count);
		},
		until,
		ended,
		pause: () => body.pause(),
		resume: () => body.resume(),
		abort: () => opened.abort(),
	};
}

function openHttp1(
	url: string,
	{ method = "GET", headers = {}, body }: OpenOptions,
): Promise<Opened> {
	return new Promise((resolve, reject) => {
		const client = url.startsWith("https:") ? https : http;
		// A socket of its own: an agent's pool would keep sockets open behind a test's back.
		const request = client.request(
			url,
			{ method, headers, agent: false, rejectUnauthorized: false },
			(response) => {
				resolve({
					status: response.statusCode ?? 0,
					headers: response.headers,
					rawHeaders: response.rawHeaders,
					body: response,
					abort: () => request.destroy(),
					isComplete: () => response.complete,
				});
			},
		);
		request.on("error", reject);
		request.end(body);
	});
}

function openHttp2(
	url: string,
	{ method = "GET", headers = {}, body }: OpenOptions,
): Promise<Opened> {
	return new Promise((resolve, reject) => {
		const { origin, pathname, search } = new URL(url);
		const session = http2.connect(origin, { rejectUnauthorized: false });
		session.on("error", reject);
		const stream = session.request({ ":method": method, ":path": pathname + search, ...headers });
		let isComplete = false;
		stream.on("error", reject);
		stream.on("end", () => {
			isComplete = true;
		});
		stream.on("close", () => session.close());
		stream.on("response", (received) => {
			resolve({
				status: received[":status"] ?? 0,
				headers: received,
				rawHeaders: [],
				body: stream,
				abort: () => stream.close(http2.constants.NGHTTP2_CANCEL),
				isComplete: () => isComplete && stream.rstCode === http2.constants.NGHTTP2_NO_ERROR,
			});
		});
		stream.end(body);
	});
}

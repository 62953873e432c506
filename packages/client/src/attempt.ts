/**
 * An attempt: one request, from its headers to the end of its body.
 */
import { retryAfterMs } from "./back-off.js";
import { EventStreamParser, type ParserHost } from "./event-stream-parser.js";
import { StreamError, withoutSecrets } from "./stream-error.js";

// Between two pieces of what has arrived, readers are asked for room: a chunk may have a million events.
const PIECE_LENGTH = 16_384;

export interface AttemptRequest {
	readonly fetch: typeof fetch;
	readonly url: string;
	readonly init: RequestInit;
	readonly maxEventLength: number;
}

/** Receives what an attempt reports, in the order of the stream. */
export interface AttemptHost extends ParserHost {
	/** Called when the request is about to be sent. */
	onSend(): void;
	/**
	 * `heartbeatMs`: the interval of heartbeats that the server announces, or 0. `isWhole`: there is no streaming body, because
	 * `fetch` answers when it has all of the response, as React Native's own does.
	 */
	onOpen(heartbeatMs: number, isWhole: boolean): void;
	/** Called when bytes have arrived. */
	onBytes(): void;
	/** Called when all complete events in the bytes have been reported. */
	onFed(): void;
	/** Returns a promise while no more events can be accepted. */
	room(): Promise<void> | undefined;
}

/** How an attempt ended. Empty, if it was aborted without an error: the next attempt continues the stream. */
export interface Outcome {
	/** The body has ended, as far as can be known: nothing tells it from one that was cut where its length is not. */
	readonly isEnd?: boolean;
	/** A status other than 200. */
	readonly status?: number;
	/** What the answer with this status asks for, or 0. */
	readonly retryAfterMs?: number;
	readonly error?: StreamError;
}

/** Never rejects. Reports nothing once `signal` is aborted, even if `fetch` does not know of signals. */
export async function attempt(
	request: AttemptRequest,
	host: AttemptHost,
	signal: AbortSignal,
): Promise<Outcome> {
	try {
		return await ask(request, host, signal);
	} catch (cause) {
		// Node's fetch says why in the cause of its error, which has no message if there are several addresses.
		const why = Object(cause).cause ?? cause;
		const message = withoutSecrets(`The connection failed: ${why?.message || why?.code || why}`);
		const error =
			cause instanceof StreamError ? cause : new StreamError("ERR_SSE_NETWORK", message, { cause });
		return { error };
	}
}

async function ask(
	{ fetch, url, init, maxEventLength }: AttemptRequest,
	host: AttemptHost,
	signal: AbortSignal,
): Promise<Outcome> {
	if (signal.aborted) return {};
	host.onSend();
	const response = await fetch.call(undefined, url, { ...init, signal });
	const { status, headers, body } = response;
	const contentType = headers.get("content-type");
	const isStream = /^text\/event-stream\s*(;|$)/i.test(contentType ?? "");
	if (signal.aborted || status !== 200 || !isStream) {
		// Frees the connection for the next request.
		body?.cancel().catch(() => {});
		if (status !== 200) {
			return { status, retryAfterMs: retryAfterMs(headers.get("retry-after")) };
		}
		const message = `The response must be text/event-stream, got ${contentType ?? "none"}`;
		throw new StreamError("ERR_SSE_CONTENT_TYPE", message, { status, final: true });
	}
	const announced = headers.get("sse-heartbeat") ?? "";
	// More than a day is no heartbeat, and times three could exceed what timers take.
	host.onOpen(/^\d{1,8}$/.test(announced) ? Number(announced) : 0, !body);
	const parser = new EventStreamParser(host, maxEventLength);
	const feed = async (text: string): Promise<void> => {
		host.onBytes();
		for (let start = 0; start < text.length && !signal.aborted; start += PIECE_LENGTH) {
			parser.feed(text.slice(start, start + PIECE_LENGTH));
			host.onFed();
			// One of several readers may have room while another has none.
			for (let room = host.room(); room !== undefined; room = host.room()) await room;
		}
	};
	if (!body) {
		await feed(await response.text());
		return { isEnd: !signal.aborted };
	}
	// A new decoder for each body: one that broke off inside a character must not corrupt the next.
	const decoder = new TextDecoder();
	const reader = body.getReader();
	try {
		for (;;) {
			const { done, value } = await reader.read();
			if (done || signal.aborted) return { isEnd: !signal.aborted };
			await feed(decoder.decode(value, { stream: true }));
		}
	} finally {
		reader.cancel().catch(() => {});
	}
}

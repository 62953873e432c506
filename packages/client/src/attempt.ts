/**
 * An attempt: one request, from its headers to the end of its body.
 */
import { retryAfterMs } from "./back-off.js";
import { EventStreamParser, type ParserHost } from "./event-stream-parser.js";
import { StreamError } from "./stream-error.js";

export interface AttemptRequest {
	readonly fetch: typeof fetch;
	readonly url: string;
	readonly init: RequestInit;
	readonly maxEventLength: number;
}

/** Receives what an attempt reports, in the order of the stream. Functions, not methods: they are called without `this`. */
export interface AttemptHost extends Omit<ParserHost, "onTooLong"> {
	/** `heartbeatMs`: the interval of heartbeats that the server announces. */
	onOpen(heartbeatMs: number | undefined): void;
	/** Called when bytes have arrived. */
	onBytes(): void;
	/** Called when all complete events in the bytes have been reported. */
	onFed(): void;
	/** Returns a promise while no more events can be accepted. */
	room(): Promise<void> | undefined;
}

/** How an attempt ended. */
export type Outcome =
	/** The body ended, or the connection broke: the next attempt continues the stream. */
	| { readonly kind: "ended" }
	/** 204: the server asks the client not to reconnect. */
	| { readonly kind: "finished" }
	| { readonly kind: "refused"; readonly status: number; readonly retryAfterMs: number }
	| { readonly kind: "failed"; readonly error: StreamError };

/** Never rejects. Reports nothing once `signal` is aborted, even if `fetch` does not know of signals. */
export async function attempt(
	request: AttemptRequest,
	host: AttemptHost,
	signal: AbortSignal,
): Promise<Outcome> {
	try {
		return await ask(request, host, signal);
	} catch (cause) {
		const message = cause instanceof Error ? cause.message : String(cause);
		return failed("ERR_SSE_NETWORK", `The connection failed: ${message}`, { cause });
	}
}

async function ask(
	{ fetch, url, init, maxEventLength }: AttemptRequest,
	host: AttemptHost,
	signal: AbortSignal,
): Promise<Outcome> {
	signal.throwIfAborted();
	const response = await fetch.call(undefined, url, { ...init, signal });
	const { status, headers } = response;
	const contentType = headers.get("content-type");
	const isStream = /^text\/event-stream\s*(;|$)/i.test(contentType ?? "");
	if (signal.aborted || status !== 200 || !isStream) {
		// Frees the connection for the next request.
		response.body?.cancel().catch(() => {});
		if (status === 204) return { kind: "finished" };
		if (status !== 200) {
			return { kind: "refused", status, retryAfterMs: retryAfterMs(headers.get("retry-after")) };
		}
		const message = `The response must be text/event-stream, got ${contentType ?? "no content type"}`;
		return failed("ERR_SSE_CONTENT_TYPE", message, { status, final: true });
	}
	// React Native's own fetch has no such property.
	if (!response.body) {
		const message = "This platform's fetch gives no streaming body";
		return failed("ERR_SSE_CONTENT_TYPE", message, { status, final: true });
	}
	const announced = headers.get("sse-heartbeat") ?? "";
	// More than a day is no heartbeat, and times three could exceed what timers take.
	host.onOpen(/^\d{1,8}$/.test(announced) ? Number(announced) : undefined);
	let tooLong = false;
	const onTooLong = (): void => {
		tooLong = true;
	};
	const parser = new EventStreamParser({ ...host, onTooLong }, maxEventLength);
	// A new decoder for each body: one that broke off inside a character must not corrupt the next.
	const decoder = new TextDecoder();
	const reader = response.body.getReader();
	try {
		for (;;) {
			const { done, value } = await reader.read();
			if (done || signal.aborted) return { kind: "ended" };
			host.onBytes();
			parser.feed(decoder.decode(value, { stream: true }));
			host.onFed();
			if (tooLong) {
				return failed("ERR_SSE_TOO_LONG", `An event is longer than ${maxEventLength} characters`);
			}
			await host.room();
		}
	} finally {
		reader.cancel().catch(() => {});
	}
}

function failed(...[code, message, details]: ConstructorParameters<typeof StreamError>): Outcome {
	return { kind: "failed", error: new StreamError(code, message, details) };
}

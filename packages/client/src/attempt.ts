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

/** Receives what an attempt reports, in the order of the stream. */
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
	| { readonly kind: "refused"; readonly status: number; readonly retryAfterMs: number | undefined }
	| { readonly kind: "failed"; readonly error: StreamError };

/** Never rejects. Aborting the signal in `init` ends it. */
export async function attempt(request: AttemptRequest, host: AttemptHost): Promise<Outcome> {
	let response: Response;
	try {
		response = await request.fetch.call(undefined, request.url, request.init);
	} catch (cause) {
		return failed("ERR_SSE_NETWORK", `The request failed: ${messageOf(cause)}`, { cause });
	}
	const { status, headers } = response;
	const contentType = headers.get("content-type");
	const isStream = /^\s*text\/event-stream\s*(;|$)/i.test(contentType ?? "");
	if (status !== 200 || !isStream) {
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
	return read(response.body.getReader(), request, host);
}

async function read(
	reader: ReadableStreamDefaultReader<Uint8Array>,
	{ maxEventLength }: AttemptRequest,
	host: AttemptHost,
): Promise<Outcome> {
	let tooLong = false;
	const parser = new EventStreamParser(
		{
			onEvent: (type, data) => host.onEvent(type, data),
			onId: (id) => host.onId(id),
			onRetry: (ms) => host.onRetry(ms),
			onComment: (text) => host.onComment(text),
			onTooLong: () => {
				tooLong = true;
			},
		},
		maxEventLength,
	);
	// A new decoder for each body: one that broke off inside a character must not corrupt the next.
	const decoder = new TextDecoder();
	try {
		for (;;) {
			const { done, value } = await reader.read();
			if (done) return { kind: "ended" };
			host.onBytes();
			parser.feed(decoder.decode(value, { stream: true }));
			host.onFed();
			if (tooLong) {
				return failed("ERR_SSE_TOO_LONG", `An event is longer than ${maxEventLength} characters`);
			}
			await host.room();
		}
	} catch (cause) {
		return failed("ERR_SSE_NETWORK", `The connection broke: ${messageOf(cause)}`, { cause });
	} finally {
		reader.cancel().catch(() => {});
	}
}

function failed(...[code, message, details]: ConstructorParameters<typeof StreamError>): Outcome {
	return { kind: "failed", error: new StreamError(code, message, details) };
}

function messageOf(cause: unknown): string {
	return cause instanceof Error ? cause.message : String(cause);
}

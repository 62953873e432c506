/**
 * The sink on a `Response` of the Fetch API: a body that gives a chunk when one is asked for, out of a queue of its own.
 *
 * The stream's own queue stays empty (a high water mark of 0), so that what has been given was asked for. Whatever ends
 * first ends it: the body is cancelled, the request is aborted, or this side ends it. Runtimes differ in which they do, and
 * how often. Nothing is thrown into them: also what is cut ends as a body that is over.
 *
 * @see https://streams.spec.whatwg.org/#rs-default-controller-class
 */
import type { OwnHeaders, SSEHeaders } from "../types/http.js";
import type { Frame } from "../wire/frame.js";
import { lastEventIdOf } from "./last-event-id.js";
import { type OpenSink, openSinks } from "./open-sinks.js";
import type { Sink, SinkListener, SinkState } from "./sink.js";
import { ownHeaders, streamHeaders } from "./stream-headers.js";

// As much as a socket of Node takes before it says that it is full.
const FULL_BYTES = 16 * 1024;

type Controller = ReadableStreamDefaultController<Uint8Array>;

export class FetchSink implements Sink, OpenSink {
	readonly headersOnly: boolean;
	listener: SinkListener | undefined;
	#response: Response | undefined;
	/** Itself, not only its signal, which some runtimes drop with it. */
	readonly #request: Request;
	#controller: Controller | undefined;
	#queue: Uint8Array[] = [];
	#queuedBytes = 0;
	/** Somebody reads, and there was nothing to give. */
	#isWanted = false;
	#isFull = false;
	#isEnding = false;

	constructor(request: Request) {
		this.#request = request;
		this.headersOnly = request.method === "HEAD";
	}

	/** One whose client had left before it was opened is empty. */
	get response(): Response {
		this.#response ??= new Response(null, { headers: headersOf(ownHeaders(0), {}) });
		return this.#response;
	}

	get lastEventId(): string | undefined {
		const { headers, url } = this.#request;
		return lastEventIdOf({
			headers: { "last-event-id": headers.get("last-event-id") ?? undefined },
			url,
		});
	}

	get state(): "fresh" | "started" | "gone" {
		if (this.#response !== undefined) return "started";
		return this.#request.signal.aborted ? "gone" : "fresh";
	}

	get ended(): boolean {
		return this.#isEnding;
	}

	get bufferedBytes(): number {
		return this.#queuedBytes;
	}

	open(own: OwnHeaders, headers: SSEHeaders, opening: Frame, listener: SinkListener): void {
		const body = this.headersOnly
			? null
			: new ReadableStream<Uint8Array>(
					{
						start: (controller) => {
							this.#controller = controller;
						},
						pull: () => this.#onPull(),
						cancel: () => this.#onGone(),
					},
					{ highWaterMark: 0 },
				);
		this.#response = new Response(body, { headers: headersOf(own, headers) });
		this.listener = listener;
		openSinks.set(this.#response, this);
		this.#request.signal.addEventListener("abort", this.#onGone);
		if (!this.headersOnly) this.#put(opening.bytes);
	}

	write(frame: Frame, from: number, to: number): SinkState {
		if (this.#isEnding) return "held";
		this.#put(from === 0 && to === frame.byteLength ? frame.bytes : frame.bytes.subarray(from, to));
		if (this.#queuedBytes === 0) return "taken";
		this.#isFull = this.#queuedBytes >= FULL_BYTES;
		return this.#isFull ? "full" : "held";
	}

	/** The runtime says when a connection may be used again. */
	end(): void {
		this.#isEnding = true;
		if (this.#queue.length === 0) this.#close(true);
	}

	destroy(): void {
		this.#isEnding = true;
		this.#close(false);
	}

	/** Nobody else ends such a response. */
	finish(): void {}

	detach(): SinkListener | undefined {
		const { listener } = this;
		this.listener = undefined;
		if (this.#response !== undefined) openSinks.delete(this.#response);
		this.#request.signal.removeEventListener("abort", this.#onGone);
		return listener;
	}

	#put(bytes: Uint8Array): void {
		this.#queue.push(bytes);
		this.#queuedBytes += bytes.byteLength;
		if (this.#isWanted) this.#give();
	}

	#onPull(): void {
		this.#isWanted = true;
		if (this.#queue.length > 0) this.#give();
	}

	/** Give the oldest chunk to who reads. */
	#give(): void {
		const bytes = this.#queue.shift();
		if (bytes === undefined) return;
		this.#isWanted = false;
		this.#queuedBytes -= bytes.byteLength;
		this.#controller?.enqueue(bytes);
		if (this.#queue.length > 0) return;
		if (this.#isEnding) this.#close(true);
		else if (this.#isFull) {
			this.#isFull = false;
			// Not within the runtime's read.
			queueMicrotask(() => this.listener?.onDrain());
		}
	}

	/** The client has left. */
	readonly #onGone = (): void => {
		this.#isEnding = true;
		this.#close(false);
	};

	/** @param ended whether all that was written has been given */
	#close(ended: boolean): void {
		this.#queue = [];
		this.#queuedBytes = 0;
		const listener = this.detach();
		const controller = this.#controller;
		this.#controller = undefined;
		try {
			controller?.close();
		} catch {
			// It has been cancelled.
		}
		// This may be within `end`, or a fan-out.
		if (listener !== undefined) queueMicrotask(() => listener.onClose(ended));
	}
}

function headersOf(own: OwnHeaders, framework: SSEHeaders): Headers {
	const headers = new Headers();
	// Headers for one connection are the runtime's.
	for (const [name, value] of streamHeaders(own, [], framework, "").values()) {
		for (const each of [value].flat()) headers.append(name, String(each));
	}
	return headers;
}

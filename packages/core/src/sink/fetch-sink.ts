/**
 * The sink on a `Response` of the Fetch API: a body that returns what is queued on demand, from a queue of its own.
 *
 * The stream's own queue stays empty (a high water mark of 0), so that every chunk it gets was requested. The first of these
 * events ends it: the body is cancelled, the request is aborted, the carrier closes, or this side ends it. Runtimes differ in
 * which they signal, and how often. The sink never passes them an error: even a stream that is cut off ends as a complete body.
 * With a carrier, the stream moves there as soon as it is proven that nothing stands between. The layer then waits for the
 * next chunk of the body, which never comes.
 *
 * @see https://streams.spec.whatwg.org/#rs-default-controller-class
 */
import type { OwnHeaders, SSEHeaders } from "../types/http.js";
import type { Frame } from "../wire/frame.js";
import { type Carrier, Passage } from "./carrier.js";
import { Departure } from "./departure.js";
import { lastEventIdOfFetch } from "./last-event-id.js";
import { isLongPoll } from "./long-poll.js";
import { type OpenSink, openSinks } from "./open-sinks.js";
import type { Sink, SinkListener, SinkState } from "./sink.js";
import { fetchHeaders, ownHeaders } from "./stream-headers.js";

// Node's sockets report full at the same size.
const FULL_BYTES = 16 * 1024;

const ON_DEMAND = { highWaterMark: 0 };

/** It is the underlying source of its own body, because a function for each step of each stream would be garbage. */
export class FetchSink implements Sink, OpenSink {
	readonly headersOnly: boolean;
	listener: SinkListener | undefined;
	#response: Response | undefined;
	readonly #request: Request;
	readonly #departure: Departure;
	readonly #carrier: Carrier | undefined;
	/** The carrier, once it has taken the stream over. */
	#direct: Carrier | undefined;
	#passage: Passage | undefined;
	#controller: ReadableStreamDefaultController<Uint8Array> | undefined;
	#queue: Uint8Array[] = [];
	#queuedBytes = 0;
	/** True if a read is waiting for a chunk. Then nothing is queued. */
	#isWanted = false;
	#isFull = false;
	/** Whether this side has ended it. */
	#isEnding = false;

	constructor(request: Request, carrier?: Carrier) {
		this.#request = request;
		this.#departure = new Departure(request, carrier?.response);
		this.#carrier = carrier;
		this.headersOnly = request.method === "HEAD";
	}

	/** The body is empty if the client had left before the stream opened. */
	get response(): Response {
		this.#response ??= new Response(null, { headers: ownHeaders(0) });
		return this.#response;
	}

	get carrier(): object | undefined {
		return this.#carrier?.response;
	}

	get lastEventId(): string | undefined {
		return lastEventIdOfFetch(this.#request);
	}

	get isLongPoll(): boolean {
		return isLongPoll(this.#request.url);
	}

	get state(): Sink["state"] {
		if (this.#response !== undefined) return "started";
		if (this.#departure.isSignalled) return "gone";
		const carrier = this.#carrier;
		// Node's response carries one stream. Another one has opened on it, of which the layer has sent nothing yet.
		if (carrier !== undefined && openSinks.has(carrier.response)) return "started";
		return carrier?.state ?? "fresh";
	}

	get ended(): boolean {
		return this.#direct?.ended ?? this.#isEnding;
	}

	passOn(): number {
		return this.#direct?.passOn() ?? this.#queuedBytes;
	}

	probe(idleMs: number): void {
		this.#direct?.probe(idleMs);
	}

	open(own: OwnHeaders, headers: SSEHeaders, opening: Frame, listener: SinkListener): void {
		const body = this.headersOnly ? null : new ReadableStream<Uint8Array>(this, ON_DEMAND);
		this.#response = new Response(body, { headers: fetchHeaders(own, headers) });
		this.listener = listener;
		openSinks.set(this.#response, this);
		this.#departure.watch(this.#onGone);
		if (body === null) return;
		const carrier = this.#carrier;
		if (carrier !== undefined) {
			// A request that is pipelined behind this one must find it.
			openSinks.set(carrier.response, this);
			this.#passage = new Passage(body, carrier.response, () => this.#moveTo(carrier));
		}
		this.#put(opening.bytes);
	}

	write(frame: Frame, from: number, to: number): SinkState {
		if (this.#direct !== undefined) return this.#direct.write(frame, from, to);
		// Also between the end and its report: a client that has left is not one that this side has ended.
		if (this.#isEnding || this.listener === undefined) return "held";
		const isWhole = from === 0 && to === frame.byteLength;
		if (this.#put(isWhole ? frame.bytes : frame.bytes.subarray(from, to))) return "taken";
		this.#departure.onUnread();
		this.#isFull = this.#queuedBytes >= FULL_BYTES;
		return this.#isFull ? "full" : "held";
	}

	/** Without a carrier, ignores the scope: the runtime manages its connections. */
	end(scope: "stream" | "connection"): void {
		this.#isEnding = true;
		if (this.#direct !== undefined) this.#direct.end(scope);
		else if (this.#queue.length === 0) this.#close(true);
	}

	destroy(): void {
		this.#isEnding = true;
		if (this.#direct !== undefined) this.#direct.destroy();
		else this.#close(false);
	}

	/** Does nothing: only this side ends such a response. */
	finish(): void {}

	detach(): SinkListener | undefined {
		const { listener } = this;
		this.#release();
		this.#direct?.detach();
		return listener;
	}

	start(controller: ReadableStreamDefaultController<Uint8Array>): void {
		this.#controller = controller;
	}

	/** Passes what is queued to the read: all of it as one chunk, unless that would copy much. */
	pull(): void {
		this.#isWanted = true;
		const isSmall = this.#queue.length > 1 && this.#queuedBytes < 2 * FULL_BYTES;
		const bytes = isSmall ? Buffer.concat(this.#queue.splice(0)) : this.#queue.shift();
		if (bytes === undefined) return;
		this.#queuedBytes -= bytes.byteLength;
		this.#give(bytes);
		if (this.#queue.length > 0) return;
		if (this.#isEnding) this.#close(true);
		else if (this.#isFull) {
			this.#isFull = false;
			// Deferred, so that it does not run within the runtime's read.
			queueMicrotask(() => this.listener?.onDrain());
		}
	}

	cancel(): void {
		// A body that has been cancelled cannot be closed.
		this.#controller = undefined;
		this.#onGone();
	}

	#moveTo(carrier: Carrier): void {
		const { listener } = this;
		if (listener === undefined) return;
		carrier.adopt(listener, () => this.#release());
		this.#direct = carrier;
		let state: SinkState = "held";
		for (const bytes of this.#queue) state = carrier.writeBytes(bytes);
		this.#queue = [];
		if (this.#isEnding) carrier.end("stream");
		else if (this.#isFull && state !== "full") queueMicrotask(() => listener.onDrain());
	}

	/** @returns whether a waiting read has taken the bytes; otherwise they wait for the next one */
	#put(bytes: Uint8Array): boolean {
		const isTaken = this.#isWanted;
		if (isTaken) this.#give(bytes);
		else {
			this.#queue.push(bytes);
			this.#queuedBytes += bytes.byteLength;
		}
		return isTaken;
	}

	#give(bytes: Uint8Array): void {
		this.#isWanted = false;
		this.#passage?.onRead(bytes);
		this.#controller?.enqueue(bytes);
	}

	/** The client has left, or the layer has noticed the end of the carrier. */
	readonly #onGone = (): void => {
		this.#close(this.#direct?.ended === true);
	};

	/** @param ended whether everything written has been read */
	#close(ended: boolean): void {
		const listener = this.detach();
		// Deferred, because `end` or a fan-out may be running.
		if (listener !== undefined) queueMicrotask(() => listener.onClose(ended));
	}

	#release(): void {
		this.listener = undefined;
		if (this.#response !== undefined) openSinks.delete(this.#response);
		if (this.#carrier !== undefined) openSinks.delete(this.#carrier.response);
		this.#departure.stop();
		this.#passage?.stop();
		this.#queue = [];
		this.#queuedBytes = 0;
		const controller = this.#controller;
		this.#controller = undefined;
		try {
			controller?.close();
		} catch {
			// The runtime has closed the body itself.
		}
	}
}

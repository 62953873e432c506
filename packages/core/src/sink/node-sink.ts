/**
 * The sink on a Node response: HTTP/1.0, HTTP/1.1, HTTPS and the compatibility API of HTTP/2.
 * It owns the response and its listeners; nobody else of this package touches them.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { OwnHeaders, RequestLike, ResponseLike, SSEHeaders } from "../types/http.js";
import type { Frame } from "../wire/frame.js";
import { directSocketOf, isCheapToWatch, isUnwrapped, writeChunk } from "./direct-write.js";
import { flatten } from "./flat-string.js";
import { lastEventIdOf } from "./last-event-id.js";
import { restoreHeaders, setStreamHeaders } from "./node-headers.js";
import { isStandIn, type NodeResponse, nodeObjectsOf } from "./node-objects.js";
import { type OpenSink, openSinks } from "./open-sinks.js";
import { isBehindStream, whenOnSocket } from "./pipelining.js";
import { ignoreError, listenersFor } from "./response-listeners.js";
import type { Sink, SinkListener, SinkState } from "./sink.js";

const NGHTTP2_CANCEL = 8;

/**
 * A sink on a response that nothing has been sent on.
 *
 * @param keepAliveMs idle time after which the operating system probes whether the client is there. 0: never
 * @throws `ERR_SSE_INVALID_REQUEST` when these are not a request and a response of Node
 */
export function createNodeSink(req: RequestLike, res: ResponseLike, keepAliveMs: number): Sink {
	return new NodeSink(...nodeObjectsOf(req, res), keepAliveMs);
}

class NodeSink implements Sink, OpenSink {
	readonly response: NodeResponse;
	/** What chunks are written to, where they can be. */
	#socket: Socket | undefined;
	#isWatched = false;
	#isFinishing = false;
	readonly headersOnly: boolean;
	/** From `open` until it has closed. */
	listener: SinkListener | undefined;
	readonly #request: IncomingMessage;
	readonly #keepAliveMs: number;
	readonly #stream: NodeResponse["stream"];
	/** What listens to 'drain', from when it is first needed. */
	#onDrain: (() => void) | undefined;
	#listensToResponse = false;
	#stopWaiting: (() => void) | undefined;

	constructor(request: IncomingMessage, response: NodeResponse, keepAliveMs: number) {
		this.#request = request;
		this.response = response;
		this.#keepAliveMs = keepAliveMs;
		this.headersOnly = request.method === "HEAD";
		this.#stream = response.stream;
	}

	get lastEventId(): string | undefined {
		return lastEventIdOf(this.#request);
	}

	get state(): Sink["state"] {
		const { response } = this;
		if (response.headersSent || response.writableEnded) return "started";
		const socket = this.#stream ?? response.socket ?? this.#request.socket;
		// One that was reset is destroyed only when its body has been read.
		const isGone = response.destroyed || socket?.destroyed || this.#stream?.closed;
		if (isGone) return "gone";
		return isBehindStream(this.#request, response) ? "blocked" : "fresh";
	}

	get ended(): boolean {
		return this.#socket === undefined ? this.response.writableEnded : this.#isFinishing;
	}

	get bufferedBytes(): number {
		const { response } = this;
		const held = this.#socket ?? response;
		// Node gathers writes until the end of the tick: the operating system has them first, then they are counted.
		if (held.writableLength > 0 && this.#stream === undefined) response.socket?.uncork?.();
		// Where a stand-in is in the socket's place, Node adds up what that has not: NaN.
		return held.writableLength || 0;
	}

	open(own: OwnHeaders, headers: SSEHeaders, opening: Frame, listener: SinkListener): void {
		const { response } = this;
		this.#isWatched = isCheapToWatch(response);
		const { httpVersion } = this.#request;
		const headersBefore = setStreamHeaders(response, own, headers, httpVersion, this.#isWatched);
		this.listener = listener;
		openSinks.set(response, this);
		// 'close' of the response, never of the request: a request whose body was read closes at once.
		// A client that vanishes while a write is blocked emits only this (Node 20).
		const { onClose, onPrefinish, onFinish } = listenersFor(response);
		response.on("close", onClose);
		response.on("prefinish", onPrefinish);
		// Without a listener an error of the transport would be thrown; 'close' follows and says all.
		response.on("error", ignoreError);
		if (isStandIn(response)) response.on("finish", onFinish);
		// Node's prototype says 200 already, and to add a property is dear where each response has a shape of its own.
		if (response.statusCode !== 200) response.statusCode = 200;
		try {
			// The first write carries the headers with it, in one packet.
			if (this.headersOnly) response.flushHeaders();
			else this.#writeToResponse(opening.bytes);
		} catch (error) {
			// Middleware that wraps writeHead (sessions do) can throw here: nothing is sent yet.
			this.detach();
			restoreHeaders(response, headersBefore);
			throw error;
		}
		// That of HTTP/2 is no text.
		const { _header: head } = response;
		if (typeof head === "string") flatten(head);
		const stream = this.#stream;
		if (stream === undefined) {
			this.#stopWaiting = whenOnSocket(this.#request, response, (own) => this.#take(own));
		} else {
			stream.setTimeout(0);
			// Node would wait until its body has been read, and with it its session. Not at once: this side may be closing it.
			stream.once("aborted", () => queueMicrotask(() => stream.destroy()));
		}
	}

	#take(socket: Partial<Socket> | undefined): void {
		// A stand-in has less, or is not there at all. Node sets the timeout again for the next request on it.
		socket?.setTimeout?.(0);
		socket?.setNoDelay?.(true);
		if (this.#keepAliveMs > 0) socket?.setKeepAlive?.(true, this.#keepAliveMs);
		this.#socket = directSocketOf(this.response, socket);
	}

	/** Node tells it at once where the response has its socket. */
	finish(): void {
		this.#isFinishing = true;
	}

	write(frame: Frame, from: number, to: number): SinkState {
		const isWhole = to - from === frame.byteLength;
		if (this.#isWatched && !isUnwrapped(this.response)) this.#socket = undefined;
		const socket = this.#socket;
		if (socket === undefined) {
			const { response } = this;
			if (response.writableEnded || response.destroyed) return "held";
			return this.#writeToResponse(isWhole ? frame.bytes : frame.bytes.subarray(from, to));
		}
		// Ended by the application, or by Node for a client that leaves in an orderly way: 'close' is on its way.
		if (this.#isFinishing || socket.writableEnded) return "held";
		const writable = isWhole
			? socket.write(frame.chunk)
			: writeChunk(socket, frame.bytes.subarray(from, to));
		// What the operating system takes all of does not block, so a burst is bounded by both buffers.
		if (socket.writableLength === 0) return "taken";
		// The response emits 'drain' only after a write of its own.
		if (!writable) socket.once("drain", this.#drainListener());
		return writable ? "held" : "full";
	}

	#writeToResponse(bytes: Buffer): SinkState {
		const { response } = this;
		const writable = response.write(bytes);
		// Compression middleware holds back what was written until it is flushed.
		response.flush?.();
		// A wrapper of res.write may answer nothing at all: only false is a wish to wait.
		if (writable !== false) return "held";
		const isNodes = this.#stream === undefined && !Object.hasOwn(response, "write");
		if (isNodes && this.bufferedBytes === 0) return "taken";
		if (!this.#listensToResponse) response.on("drain", this.#drainListener());
		this.#listensToResponse = true;
		return "full";
	}

	/** Compression middleware moves it to a stream of its own, so it must not depend on `this`. */
	#drainListener(): () => void {
		this.#onDrain ??= () => this.listener?.onDrain();
		return this.#onDrain;
	}

	end(scope: "stream" | "connection"): void {
		const { response } = this;
		const { socket } = response;
		if (!response.writableEnded && !response.destroyed) {
			response.end();
			// HTTP/2 says it goes away, and lets the session's other streams end.
			if (scope === "connection" && this.#stream !== undefined) this.#stream.session?.close();
			else if (scope === "connection") response.once("finish", () => socket?.end?.());
		}
		// Some emit nothing.
		if (isStandIn(response) && response.writableFinished) {
			listenersFor(response).onFinish.call(response);
		}
	}

	destroy(): void {
		const { response } = this;
		// On HTTP/2 only the stream may go: the session carries others.
		if (this.#stream !== undefined) this.#stream.close(NGHTTP2_CANCEL);
		else response.destroy();
		// A response that waits behind another one on its socket has no 'close' of its own yet.
		if (this.#stream === undefined && response.socket === null) response.emit("close");
		if (isStandIn(response)) listenersFor(response).onClose.call(response);
	}

	detach(): SinkListener | undefined {
		const { response, listener } = this;
		this.listener = undefined;
		openSinks.delete(response);
		const { onClose, onPrefinish, onFinish } = listenersFor(response);
		response.removeListener("close", onClose);
		response.removeListener("prefinish", onPrefinish);
		response.removeListener("error", ignoreError);
		response.removeListener("finish", onFinish);
		if (this.#onDrain !== undefined) {
			response.removeListener("drain", this.#onDrain);
			this.#socket?.off("drain", this.#onDrain);
		}
		this.#stopWaiting?.();
		return listener;
	}
}

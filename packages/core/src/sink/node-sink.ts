/**
 * The sink on a Node response: HTTP/1.0, HTTP/1.1, HTTPS and the compatibility API of HTTP/2.
 * It owns the response and its listeners; nothing else in this package touches them.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { OwnHeaders, RequestLike, ResponseLike, SSEHeaders } from "../types/http.js";
import type { Frame } from "../wire/frame.js";
import type { Carrier } from "./carrier.js";
import * as direct from "./direct-write.js";
import { flatten } from "./flat-string.js";
import { lastEventIdOf } from "./last-event-id.js";
import { isLongPoll } from "./long-poll.js";
import { restoreHeaders, setStreamHeaders } from "./node-headers.js";
import { http2StreamOf, type NodeResponse, nodeObjectsOf } from "./node-objects.js";
import type { OpenSink } from "./open-sinks.js";
import { isBehindStream, onSocket } from "./pipelining.js";
import * as listeners from "./response-listeners.js";
import type { Sink, SinkListener, SinkState } from "./sink.js";
import { onceUncorked, uncork } from "./uncork.js";

const NGHTTP2_CANCEL = 8;

export class NodeSink implements Sink, OpenSink, Carrier {
	readonly response: NodeResponse;
	/** The socket for direct chunk writes, if they are possible. */
	#socket: Socket | undefined;
	readonly #isWatched: boolean;
	#isFinishing = false;
	readonly headersOnly: boolean;
	/** Set from `open` until the sink has closed. */
	listener: SinkListener | undefined;
	readonly #request: IncomingMessage;
	readonly #stream: NodeResponse["stream"];
	/** The 'drain' listener, created when first needed. */
	#onDrain: (() => void) | undefined;
	#listensToResponse = false;
	#stopWaiting: (() => void) | undefined;
	#onDetach: (() => void) | undefined;

	/**
	 * @param res must have sent nothing yet
	 * @throws `ERR_SSE_INVALID_REQUEST` if these are not a request and a response of Node
	 */
	constructor(req: RequestLike, res: ResponseLike) {
		const { request, response } = nodeObjectsOf(req, res);
		this.#request = request;
		this.response = response;
		this.headersOnly = request.method === "HEAD";
		this.#stream = http2StreamOf(response);
		this.#isWatched = direct.isCheapToWatch(response);
	}

	get lastEventId(): string | undefined {
		return lastEventIdOf(this.#request);
	}

	get isLongPoll(): boolean {
		return isLongPoll(this.#request.url);
	}

	get state(): Sink["state"] {
		const { response } = this;
		if (response.headersSent || response.writableEnded) return "started";
		const socket = this.#stream ?? response.socket ?? this.#request.socket;
		// Node destroys a reset HTTP/2 stream only once its body has been read.
		if (response.destroyed || socket?.destroyed || this.#stream?.closed) return "gone";
		return response.socket === null && isBehindStream(this.#request) ? "blocked" : "fresh";
	}

	get ended(): boolean {
		return this.#socket === undefined ? this.response.writableEnded : this.#isFinishing;
	}

	passOn(): number {
		const { response } = this;
		const held = this.#socket ?? response;
		// Node corks writes until the end of the tick. Uncorking passes them to the operating system before they are counted.
		if (held.writableLength > 0 && this.#stream === undefined) {
			if (!uncork(response, response.socket)) response.socket?.uncork?.();
		}
		// With a stand-in for the socket, Node adds up missing values, which gives NaN.
		return held.writableLength || 0;
	}

	/** Uses TCP keep-alive. Streams of HTTP/2 do not own their socket. */
	probe(idleMs: number): void {
		if (this.#stream === undefined) this.response.socket?.setKeepAlive?.(true, idleMs);
	}

	open(own: OwnHeaders, headers: SSEHeaders, opening: Frame, listener: SinkListener): void {
		const { response } = this;
		const before = setStreamHeaders(response, own, headers, this.#request, this.#isWatched);
		this.listener = listener;
		listeners.add(response, this);
		// Node's prototype already says 200. Adding a property is expensive where each response has its own hidden class.
		if (response.statusCode !== 200) response.statusCode = 200;
		const held = this.headersOnly ? undefined : direct.holdHead(response);
		try {
			// Otherwise the first write carries the head.
			if (held !== undefined || this.headersOnly) response.flushHeaders();
			else this.writeBytes(opening.bytes);
		} catch (error) {
			// Middleware that wraps writeHead (sessions do) can throw here: nothing is sent yet.
			this.detach();
			restoreHeaders(response, before);
			throw error;
		}
		this.#begin();
		// One chunk, where Node would write it in three pieces.
		if (held !== undefined && held === this.#socket) held.write(opening.chunk);
		else if (held !== undefined) this.writeBytes(opening.bytes);
	}

	adopt(listener: SinkListener, onDetach: () => void): void {
		this.#onDetach = onDetach;
		this.listener = listener;
		listeners.add(this.response, this);
		this.#begin();
	}

	/** The head has been sent. */
	#begin(): void {
		const { response } = this;
		// On HTTP/2 the head is not a string.
		const { _header: head } = response;
		if (typeof head === "string") flatten(head);
		const stream = this.#stream;
		if (stream === undefined) {
			if (response.socket !== null) this.#take(response.socket);
			else this.#stopWaiting = onSocket(this.#request, response, (own) => this.#take(own));
		} else {
			stream.setTimeout(0);
			// Otherwise the stream, and with it its session, stays until the body has been read. Deferred: this side may be closing it.
			stream.once("aborted", () => queueMicrotask(() => stream.destroy()));
		}
	}

	#take(socket: Partial<Socket> | undefined): void {
		// A stand-in may lack the method, or the socket may be missing. Node sets the timeout again for the next request.
		if (socket?.timeout !== undefined) socket.setTimeout?.(0);
		socket?.setNoDelay?.(true);
		this.#socket = direct.socketOf(this.response, socket);
		if (this.#socket === undefined) listeners.closeOnFinish(this.response);
	}

	/** Node tells it at once where the response has its socket. */
	finish(): void {
		this.#isFinishing = true;
	}

	write(frame: Frame, from: number, to: number): SinkState {
		const isWhole = to - from === frame.byteLength;
		if (this.#isWatched && !direct.isUnwrapped(this.response)) this.#socket = undefined;
		const socket = this.#socket;
		if (socket === undefined) {
			const { response } = this;
			if (response.writableEnded || response.destroyed) return "held";
			return this.writeBytes(isWhole ? frame.bytes : frame.bytes.subarray(from, to));
		}
		// The application ended it, or Node did because the client closed cleanly: 'close' will follow.
		if (this.#isFinishing || socket.writableEnded) return "held";
		if (socket.writableCorked > 0) uncork(this.response, socket);
		const writable = isWhole
			? socket.write(frame.chunk)
			: direct.writeChunk(socket, frame.bytes.subarray(from, to));
		// A write that the operating system accepts at once does not block, so both buffers together bound a burst.
		if (socket.writableLength === 0) return "taken";
		// The response emits 'drain' only after a write of its own.
		if (!writable) socket.once("drain", this.#drainListener());
		return writable ? "held" : "full";
	}

	writeBytes(bytes: Uint8Array): SinkState {
		const { response } = this;
		const writable = response.write(bytes);
		// Compression middleware holds data back until it is flushed.
		response.flush?.();
		// A wrapper of res.write may return nothing: only `false` means to wait.
		if (writable !== false) return "held";
		const isNodes = this.#stream === undefined && !Object.hasOwn(response, "write");
		if (isNodes && this.passOn() === 0) return "taken";
		if (!this.#listensToResponse) response.on("drain", this.#drainListener());
		this.#listensToResponse = true;
		return "full";
	}

	/** Compression middleware moves the listener to a stream of its own, so it must not depend on `this`. */
	#drainListener(): () => void {
		this.#onDrain ??= () => onceUncorked(() => this.listener?.onDrain());
		return this.#onDrain;
	}

	end(scope: "stream" | "connection"): void {
		const { response } = this;
		const { socket } = response;
		if (!response.writableEnded && !response.destroyed) {
			response.end();
			// HTTP/2 sends GOAWAY and lets the session's other streams finish.
			if (scope === "connection" && this.#stream !== undefined) this.#stream.session?.close();
			else if (scope === "connection") response.once("finish", () => socket?.end?.());
		}
		listeners.finishStandIn(response);
	}

	destroy(): void {
		const { response } = this;
		// The session of HTTP/2 carries other streams. `close` tells the client, but what has ended stays until its body is read.
		this.#stream?.close(NGHTTP2_CANCEL);
		(this.#stream ?? response).destroy();
		// A response that is queued behind another one has no socket, so Node emits no 'close' for it.
		if (this.#stream === undefined && response.socket === null) response.emit("close");
		listeners.closeStandIn(response);
	}

	detach(): SinkListener | undefined {
		const { response, listener } = this;
		this.listener = undefined;
		listeners.remove(response);
		if (this.#onDrain !== undefined) {
			response.removeListener("drain", this.#onDrain);
			this.#socket?.off("drain", this.#onDrain);
		}
		this.#stopWaiting?.();
		this.#onDetach?.();
		return listener;
	}
}

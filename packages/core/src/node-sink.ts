/**
 * The sink on a Node response: HTTP/1.0, HTTP/1.1, HTTPS and the compatibility API of HTTP/2.
 * It owns the response and its listeners; nobody else of this package touches them.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { invalid, isObject } from "./errors.js";
import { setStreamHeaders } from "./headers.js";
import { lastEventIdOf } from "./last-event-id.js";
import type { Sink, SinkListener } from "./sink.js";
import type { RequestLike, ResponseLike, SSEHeaders } from "./types.js";

const NGHTTP2_CANCEL = 8;

/** The parts of the two kinds of Node responses that a stream needs. */
type NodeResponse = ServerResponse & {
	/** HTTP/2 only. */
	readonly stream?: {
		readonly destroyed: boolean;
		readonly session?: { close(): void } | undefined;
		close(code: number): void;
		setTimeout(ms: number): void;
	};
	/** Added by compression middleware. */
	flush?(): void;
	[SINK]?: NodeSink | undefined;
};

// Versioned and global, so that the ESM and the CommonJS copy find each other's streams.
const SINK = Symbol.for("sse-service.node-sink.v1");

/** Who listens to the open stream on `response` (the connection), or `undefined` when there is none. */
export function listenerOn(response: object): SinkListener | undefined {
	return (response as NodeResponse)[SINK]?.listener;
}

/** Node's object behind what the application has: the object itself, or the one a framework's wrapper carries as `raw`. */
export function rawOf(value: unknown): object | undefined {
	if (!isObject(value)) return undefined;
	const { raw } = value;
	return isObject(raw) && !("writeHead" in value) ? raw : value;
}

/**
 * A sink on a response that nothing has been sent on.
 *
 * @throws `ERR_SSE_INVALID_REQUEST` when these are not a request and a response of Node
 */
export function createNodeSink(req: RequestLike, res: ResponseLike): Sink {
	const request = rawOf(req) as IncomingMessage | undefined;
	const response = rawOf(res) as NodeResponse | undefined;
	if (!isObject(request?.headers) || typeof response?.setHeader !== "function") {
		throw invalid(
			"ERR_SSE_INVALID_REQUEST",
			"req and res must be of Node, or carry it as raw",
			res,
		);
	}
	return new NodeSink(request, response);
}

class NodeSink implements Sink {
	readonly response: NodeResponse;
	readonly #request: IncomingMessage;
	// Not private: the listeners below, shared by all sinks, reach it.
	listener: SinkListener | undefined;

	constructor(request: IncomingMessage, response: NodeResponse) {
		this.#request = request;
		this.response = response;
	}

	get lastEventId(): string | undefined {
		return lastEventIdOf(this.#request);
	}

	get headersOnly(): boolean {
		return this.#request.method === "HEAD";
	}

	get state(): "fresh" | "started" | "gone" {
		const { response } = this;
		if (response.headersSent || response.writableEnded) return "started";
		const socket = response.stream ?? response.socket ?? this.#request.socket;
		return response.destroyed || socket?.destroyed ? "gone" : "fresh";
	}

	get bufferedBytes(): number {
		return this.response.writableLength;
	}

	open(headers: SSEHeaders, opening: Uint8Array, listener: SinkListener): void {
		const { response } = this;
		setStreamHeaders(response, headers, this.#request.httpVersion);
		response.statusCode = 200;
		this.listener = listener;
		response[SINK] = this;
		// 'close' of the response, never of the request: a request whose body was read closes at once.
		// A client that vanishes while a write is blocked emits only this (Node 20).
		response.on("close", onClose);
		response.on("drain", onDrain);
		// Without a listener an error of the transport would be thrown; 'close' follows and says all.
		response.on("error", onError);
		this.#configureSocket();
		try {
			// The first write carries the headers with it, in one packet.
			if (this.headersOnly) response.flushHeaders();
			else this.write(opening);
		} catch (error) {
			// Middleware that wraps writeHead (sessions do) can throw here: nothing is sent yet.
			detach(response);
			throw error;
		}
	}

	write(bytes: Uint8Array): boolean {
		const { response } = this;
		// Ended by the application itself: 'close' is on its way.
		if (response.writableEnded || response.destroyed) return true;
		const writable = response.write(bytes);
		// Compression middleware holds back what was written until it is flushed.
		response.flush?.();
		if (writable || response.stream !== undefined || Object.hasOwn(response, "write"))
			return writable;
		// Node corks the socket until the end of the tick. More than its mark has gathered: let the operating
		// system have it now. What it takes all of does not block, so a burst is bounded by both buffers.
		response.socket?.uncork?.();
		return response.writableLength === 0;
	}

	end(scope: "stream" | "connection"): void {
		const { response } = this;
		if (response.writableEnded || response.destroyed) return;
		const { stream, socket } = response;
		response.end();
		if (scope === "stream") return;
		// HTTP/2 says it goes away, and lets the session's other streams end.
		if (stream !== undefined) stream.session?.close();
		else response.once("finish", () => socket?.end());
	}

	destroy(): void {
		const { stream } = this.response;
		// On HTTP/2 only the stream may go: the session carries others.
		if (stream !== undefined) stream.close(NGHTTP2_CANCEL);
		else this.response.destroy();
	}

	#configureSocket(): void {
		const { stream, socket } = this.response;
		if (stream === undefined) {
			// Node sets the timeout again for the next request on this socket.
			socket?.setTimeout?.(0);
			socket?.setNoDelay?.(true);
		} else stream.setTimeout(0);
	}
}

function onDrain(this: NodeResponse): void {
	this[SINK]?.listener?.onDrain();
}

function onError(): void {}

function onClose(this: NodeResponse): void {
	detach(this)?.listener?.onClose(this.writableEnded);
}

function detach(response: NodeResponse): NodeSink | undefined {
	const sink = response[SINK];
	response.off("close", onClose);
	response.off("drain", onDrain);
	response.off("error", onError);
	response[SINK] = undefined;
	return sink;
}

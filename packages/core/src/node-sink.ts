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
	[LISTENER]?: SinkListener | undefined;
};

// Versioned and global, so that the ESM and the CommonJS copy find each other's streams.
const LISTENER = Symbol.for("sse-service.node-sink.v1");

/** Who listens to the open stream on `response` (the connection), or `undefined` when there is none. */
export function listenerOn(response: object): SinkListener | undefined {
	return (response as NodeResponse)[LISTENER];
}

/** Node's object behind what the application has: the object itself, or the one a framework's wrapper carries as `raw`. */
export function rawOf(value: unknown): object | undefined {
	if (!isObject(value)) return undefined;
	return isObject(value.raw) ? value.raw : value;
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

	get ended(): boolean {
		return this.response.writableEnded;
	}

	get bufferedBytes(): number {
		const { response } = this;
		// Node gathers writes until the end of the tick: the operating system has them first, then they are counted.
		if (response.writableLength > 0 && response.stream === undefined) response.socket?.uncork?.();
		return response.writableLength;
	}

	open(headers: SSEHeaders, opening: Uint8Array, listener: SinkListener): void {
		const { response } = this;
		const restoreHeaders = setStreamHeaders(response, headers, this.#request.httpVersion);
		response[LISTENER] = listener;
		// 'close' of the response, never of the request: a request whose body was read closes at once.
		// A client that vanishes while a write is blocked emits only this (Node 20).
		response.on("close", this.#onClose);
		// Compression middleware moves this one to its own stream, so it must not depend on `this`.
		response.on("drain", this.#onDrain);
		// Without a listener an error of the transport would be thrown; 'close' follows and says all.
		response.on("error", ignore);
		this.#configureSocket();
		response.statusCode = 200;
		try {
			// The first write carries the headers with it, in one packet.
			if (this.headersOnly) response.flushHeaders();
			else this.write(opening);
		} catch (error) {
			// Middleware that wraps writeHead (sessions do) can throw here: nothing is sent yet.
			this.#detach();
			restoreHeaders();
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
		// A wrapper of res.write may answer nothing at all: only false is a wish to wait.
		if (response.stream !== undefined || Object.hasOwn(response, "write"))
			return writable !== false;
		// What the operating system takes all of does not block, so a burst is bounded by both buffers.
		return writable || this.bufferedBytes === 0;
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
		const { response } = this;
		// On HTTP/2 only the stream may go: the session carries others.
		if (response.stream !== undefined) response.stream.close(NGHTTP2_CANCEL);
		else response.destroy();
		// A response that waits behind another one on its socket has no 'close' of its own yet.
		if (response.stream === undefined && response.socket === null) this.#onOrphaned();
	}

	#configureSocket(): void {
		const { response } = this;
		const { stream, socket } = response;
		if (stream !== undefined) stream.setTimeout(0);
		else if (socket === null) {
			// Pipelined behind another response: until it gets the socket, nobody tells it that the client has left.
			this.#request.socket.once("close", this.#onOrphaned);
			response.once("socket", () => this.#configureSocket());
		} else {
			this.#request.socket?.off?.("close", this.#onOrphaned);
			// Node sets the timeout again for the next request on this socket.
			socket?.setTimeout?.(0);
			socket?.setNoDelay?.(true);
		}
	}

	#detach(): SinkListener | undefined {
		const { response } = this;
		const listener = response[LISTENER];
		response[LISTENER] = undefined;
		response.off("close", this.#onClose);
		response.off("drain", this.#onDrain);
		response.off("error", ignore);
		this.#request.socket?.off?.("close", this.#onOrphaned);
		return listener;
	}

	readonly #onClose = (): void => {
		this.#detach()?.onClose(this.response.writableEnded);
	};

	/** Everyone who waits for this response is told, as Node would if it had got the socket. */
	readonly #onOrphaned = (): void => {
		this.response.emit("close");
	};

	readonly #onDrain = (): void => {
		this.response[LISTENER]?.onDrain();
	};
}

function ignore(): void {}

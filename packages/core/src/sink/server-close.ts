/**
 * Hooks into `server.close()`, and ends the sockets that it would otherwise wait for.
 */
import type { Socket } from "node:net";
import type { HttpServer } from "../types/http.js";
import { rawOf } from "./node-objects.js";

/** Events of an HTTP server that carry a request. */
const REQUESTS: ReadonlySet<unknown> = new Set([
	"request",
	"checkContinue",
	"checkExpectation",
	"upgrade",
	"connect",
]);

/**
 * Makes `server.close()` end the streams, and every socket that carries no request.
 *
 * @param endStreams resolves when every response has closed
 */
export function onServerClose(server: HttpServer, endStreams: () => Promise<void>): void {
	/** Sockets without a request so far. */
	const ahead = new Set<Socket>();
	const onSocket = (socket: Socket): void => {
		ahead.add(socket);
		socket.once("close", () => ahead.delete(socket));
	};
	server.on("connection", onSocket);
	// Over TLS, the bytes of requests are counted here.
	server.on("secureConnection", onSocket);

	// Wraps `emit` instead of adding listeners: with one for 'upgrade' or 'checkContinue', Node leaves the answer to it.
	const { emit } = server;
	server.emit = (event: string | symbol, ...args: unknown[]) => {
		if (REQUESTS.has(event)) ahead.delete((args[0] as { socket: Socket }).socket);
		return Reflect.apply(emit, server, [event, ...args]);
	};

	const onLate = (socket: Socket): void => {
		if (server.listening) server.off("secureConnection", onLate);
		else socket.destroy();
	};
	// Node emits 'close' only once every socket has ended, so the call itself is wrapped.
	const { close } = server;
	server.close = (callback) => {
		close.call(server, callback);
		// Browsers open sockets in advance. Node (20 to 24) does not count one without a request as idle, and after this call
		// it has no time limit either. A partial request counts as a request, but Node does not count bytes that another
		// process read before it handed the socket over.
		for (const socket of ahead) {
			if (socket.bytesRead === 0) socket.destroy();
		}
		server.on("secureConnection", onLate);
		// A client keeps its socket open after a response that ended meanwhile, which delays the server's close for seconds.
		void endStreams().then(() => server.closeIdleConnections?.());
		return server;
	};
}

/** Returns the server that received the request of a response (Node's, or a wrapper that carries it as `raw`), if any. */
export function serverOf(response: unknown): unknown {
	const { req } = (rawOf(response) ?? {}) as { readonly req?: { readonly socket?: Accepted } };
	return req?.socket?.server;
}

/** Node stores a socket's server on the socket. */
interface Accepted {
	readonly server?: unknown;
}

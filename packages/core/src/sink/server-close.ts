/**
 * The call that closes a server, and the sockets it would else wait for.
 */
import type { Socket } from "node:net";
import type { HttpServer } from "../types/http.js";
import { rawOf } from "./node-objects.js";

/** Events of an HTTP server, each with the request that has come on a socket. */
const REQUESTS: ReadonlySet<unknown> = new Set([
	"request",
	"checkContinue",
	"checkExpectation",
	"upgrade",
	"connect",
]);

/**
 * Have `server.close()` end the streams, and every socket that carries no request.
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

	// No listeners: one for 'upgrade' or 'checkContinue' makes Node leave the answer to it.
	const { emit } = server;
	server.emit = (event: string | symbol, ...args: unknown[]) => {
		if (REQUESTS.has(event)) ahead.delete((args[0] as { socket: Socket }).socket);
		return Reflect.apply(emit, server, [event, ...args]);
	};

	const onLate = (socket: Socket): void => {
		if (server.listening) server.off("secureConnection", onLate);
		else socket.destroy();
	};
	// Node emits 'close' only when every socket has ended, so the call itself is what is noticed.
	const { close } = server;
	server.close = (callback) => {
		close.call(server, callback);
		// Browsers open sockets ahead. To Node (20 to 24), one without a request yet is not idle, and past this call it has
		// no time limit either. A part of a request counts as one; but Node counts no bytes that another process has read
		// before it handed the socket over.
		for (const socket of ahead) {
			if (socket.bytesRead === 0) socket.destroy();
		}
		server.on("secureConnection", onLate);
		// A client keeps its socket after a response that was sent meanwhile, and the server for seconds with it.
		void endStreams().then(() => server.closeIdleConnections?.());
		return server;
	};
}

/** The server that was asked for a response (Node's, or a framework's wrapper that carries it as `raw`), if one was. */
export function serverOf(response: unknown): unknown {
	const { req } = (rawOf(response) ?? {}) as { readonly req?: { readonly socket?: Accepted } };
	return req?.socket?.server;
}

/** Node notes on each socket which server it is of. */
interface Accepted {
	readonly server?: unknown;
}

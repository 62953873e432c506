/**
 * The call that closes a server, and the sockets it would else wait for.
 */
import type { Server, Socket } from "node:net";

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
export function onServerClose(
	server: Server & { closeIdleConnections?(): void },
	endStreams: () => Promise<void>,
): void {
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
		server.on("secureConnection", (late: Socket) => {
			if (!server.listening) late.destroy();
		});
		// A client keeps its socket after a response that was sent meanwhile, and the server for seconds with it.
		void endStreams().then(() => server.closeIdleConnections?.());
		return server;
	};
}

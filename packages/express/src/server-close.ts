/**
 * The call that closes a server, and the sockets it would else wait for.
 */
import type { Server, Socket } from "node:net";

/**
 * Have `server.close()` end the streams, and every socket that carries no request.
 *
 * @param endStreams resolves when every response has closed
 */
export function onServerClose(
	server: Server & { closeIdleConnections?(): void },
	endStreams: () => Promise<void>,
): void {
	const sockets = new Set<Socket>();
	const onSocket = (socket: Socket): void => {
		sockets.add(socket);
		socket.once("close", () => sockets.delete(socket));
	};
	server.on("connection", onSocket);
	// Over TLS, the bytes of requests are counted here.
	server.on("secureConnection", onSocket);

	// Node emits 'close' only when every socket has ended, so the call itself is what is noticed.
	const close = server.close;
	server.close = (callback) => {
		close.call(server, callback);
		// Browsers open sockets ahead. To Node (20 to 24), one without a request yet is not idle, and past this call it has
		// no time limit either.
		for (const socket of sockets) {
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

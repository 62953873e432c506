/**
 * The way past `res.write`: a ready chunk handed to the HTTP/1.1 socket itself, which puts the same bytes on the wire at
 * two thirds of the cost. It is taken only while nothing but Node's own code stands between the response and its socket,
 * and that is looked at for every write: compression and tracing wrap a response's `write` and `end` whenever they like.
 */
import { OutgoingMessage, type ServerResponse } from "node:http";
import { Socket } from "node:net";

const { write: RESPONSE_WRITE, end: RESPONSE_END } = OutgoingMessage.prototype;
const { write: SOCKET_WRITE } = Socket.prototype;

// A wrapper may have been put on the prototype before this module was loaded: Node's own function calls its `write_`.
const IS_NODES_OWN = /\bwrite_\(/.test(String(RESPONSE_WRITE)) && RESPONSE_END.name === "end";

/**
 * The socket that takes chunks of this response, whose headers have been sent; `undefined` for HTTP/1.0 and HTTP/2, which
 * have none, and while the response waits behind another one on its socket.
 */
export function chunkSocketOf(response: ServerResponse): Socket | undefined {
	return IS_NODES_OWN && response.chunkedEncoding ? (response.socket ?? undefined) : undefined;
}

/** Whether a chunk written to its socket now goes where `response.write` would put it. Both must be open. */
export function isDirect(response: ServerResponse, socket: Socket): boolean {
	return (
		response.write === RESPONSE_WRITE &&
		response.end === RESPONSE_END &&
		socket.write === SOCKET_WRITE &&
		// A client that leaves in an orderly way has Node end the socket before the response closes.
		!socket.writableEnded &&
		// What the application has corked comes first.
		response.writableCorked === 0
	);
}

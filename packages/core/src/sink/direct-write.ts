/**
 * The way past `res.write`: a ready chunk handed to the HTTP/1.1 socket itself, which puts the same bytes on the wire at
 * three quarters of the cost. It is taken while nothing but Node's own code stands between a response and its socket:
 * compression and tracing wrap a response's `write` and `end`.
 */
import { OutgoingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";

const { write: RESPONSE_WRITE, end: RESPONSE_END } = OutgoingMessage.prototype;
const { write: SOCKET_WRITE } = Socket.prototype;

// A wrapper may have been put on the prototype before this module was loaded: Node's own function calls its `write_`.
const IS_NODES_OWN = /\bwrite_\(/.test(String(RESPONSE_WRITE));

/**
 * The socket of a response whose headers have been sent, if it takes that response's chunks. `undefined` where something
 * is wrapped, for HTTP/1.0, which has no chunks, and for what tools for testing put in a socket's place.
 */
export function directSocketOf(
	response: ServerResponse,
	socket: Partial<Socket> | undefined,
): Socket | undefined {
	return response.chunkedEncoding && isUnwrapped(response) && socket?.write === SOCKET_WRITE
		? (socket as Socket)
		: undefined;
}

/** Whether `write` and `end` of a response are Node's own. */
export function isUnwrapped(response: ServerResponse): boolean {
	return IS_NODES_OWN && response.write === RESPONSE_WRITE && response.end === RESPONSE_END;
}

/**
 * Whether it is cheap to look at a response again for each write. Express gives every one a prototype, and with it a
 * shape, of its own, so that each look at a property is a search; there a wrapper has to come before the stream opens.
 */
export function isCheapToWatch(response: ServerResponse): boolean {
	return Object.getPrototypeOf(response) === ServerResponse.prototype;
}

const CRLF = Buffer.from("\r\n");

/**
 * Write bytes as one chunk, without a copy of them.
 *
 * @returns what the socket answers: whether it takes more
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-7.1
 */
export function writeChunk(socket: Socket, bytes: Buffer): boolean {
	socket.cork();
	socket.write(Buffer.from(`${bytes.byteLength.toString(16)}\r\n`));
	socket.write(bytes);
	const writable = socket.write(CRLF);
	socket.uncork();
	return writable;
}

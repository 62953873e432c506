/**
 * Bypasses `res.write`: writes an encoded chunk to the HTTP/1.1 socket itself, which puts the same bytes on the wire at three
 * quarters of the cost. Used only while nothing but Node's own code stands between a response and its socket: compression
 * and tracing wrap a response's `write` and `end`.
 */
import { OutgoingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";

const { write: RESPONSE_WRITE, end: RESPONSE_END } = OutgoingMessage.prototype;
const { write: SOCKET_WRITE } = Socket.prototype;

// The prototype may have been wrapped before this module was loaded. Node's own function calls its `write_`.
const IS_NODES_OWN = /\bwrite_\(/.test(String(RESPONSE_WRITE));

/**
 * Returns the socket of a response whose headers have been sent, if chunks can be written to it. `undefined` if something is
 * wrapped, on HTTP/1.0, which has no chunks, and for the stand-ins of test tools.
 */
export function socketOf(
	response: ServerResponse,
	socket: Partial<Socket> | undefined,
): Socket | undefined {
	return response.chunkedEncoding ? unwrappedSocketOf(response, socket) : undefined;
}

/** Returns the socket of a response if nothing but Node's own code stands between the two. */
function unwrappedSocketOf(
	response: ServerResponse,
	socket: Partial<Socket> | null | undefined,
): Socket | undefined {
	// First the response: the socket of HTTP/2's throws where its `write` is read.
	return isUnwrapped(response) && socket?.write === SOCKET_WRITE ? (socket as Socket) : undefined;
}

/**
 * Holds what is written for a response until the end of this tick, as `write` of Node's response does.
 *
 * @returns the socket that holds it, or `undefined` if something may stand between it and the response
 */
export function holdHead(response: ServerResponse): Socket | undefined {
	const socket = unwrappedSocketOf(response, response.socket);
	if (socket?.writableCorked === 0) {
		socket.cork();
		process.nextTick(() => socket.uncork());
	}
	return socket;
}

/** Whether `write` and `end` of a response are Node's own. */
export function isUnwrapped(response: ServerResponse): boolean {
	return IS_NODES_OWN && response.write === RESPONSE_WRITE && response.end === RESPONSE_END;
}

/**
 * Whether it is cheap to check a response before each write. Express gives every response a prototype, and so a hidden
 * class, of its own, which makes each property read slow. There, a wrapper must be installed before the stream opens.
 */
export function isCheapToWatch(response: ServerResponse): boolean {
	return Object.getPrototypeOf(response) === ServerResponse.prototype;
}

const CRLF = Buffer.from("\r\n");

/**
 * Writes bytes as one chunk, without copying them.
 *
 * @returns whether the socket accepts more
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

// What a route that opens streams by hand has to keep of them, to send by and to forget when the client leaves.

/** @type {Set<import("node:events").EventEmitter>} */
const kept = new Set();

/** Keeps a response, or the stream that is sent as one, until it has closed. @param {import("node:events").EventEmitter} stream */
export function keep(stream) {
	kept.add(stream);
	stream.on("close", () => kept.delete(stream));
}

// The floor in Node: each socket's `write` in a loop, with one ready HTTP/1.1 chunk for all of them.

import { encodeBlock } from "../event.js";
import { openStream } from "./open-stream.js";

/** @type {import("./index.js").Wire} */
export const wire = { opening: ": open\n", block: (event) => encodeBlock(event, ": ") };

/** @returns {import("./index.js").Running} */
export function create() {
	/** @type {Set<import("node:net").Socket>} */
	const sockets = new Set();
	return {
		connect(_req, res) {
			const { socket } = res;
			if (socket === null) return;
			openStream(res, wire.opening);
			sockets.add(socket);
			socket.on("close", () => sockets.delete(socket));
		},
		broadcast(event) {
			const block = wire.block(event);
			const chunk = Buffer.from(`${Buffer.byteLength(block).toString(16)}\r\n${block}\r\n`);
			for (const socket of sockets) socket.write(chunk);
		},
	};
}

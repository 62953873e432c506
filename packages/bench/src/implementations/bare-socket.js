// The floor in Node: each socket's `write` in a loop, with one ready HTTP/1.1 chunk for all of them.

import { encodeBlock } from "../event.js";
import { Members } from "./members.js";
import { openStream } from "./open-stream.js";

/** @typedef {import("node:net").Socket} Socket */

/** @type {import("./index.js").Wire} */
export const wire = { opening: ": open\n", block: (event) => encodeBlock(event, ": ") };

/** @param {import("./index.js").Settings} settings @returns {import("./index.js").Running} */
export function create({ onConnection }) {
	/** @type {Members<Socket>} */
	const members = new Members();
	/** @param {Iterable<Socket>} sockets @param {import("./index.js").BenchEvent} event */
	const send = (sockets, event) => {
		const block = wire.block(event);
		const chunk = Buffer.from(`${Buffer.byteLength(block).toString(16)}\r\n${block}\r\n`);
		for (const socket of sockets) socket.write(chunk);
	};
	return {
		connect(_req, res, addressee) {
			const { socket } = res;
			if (socket === null) return;
			openStream(res, wire.opening);
			members.add(socket, addressee);
			socket.on("close", () => members.delete(socket, addressee));
			onConnection();
		},
		toAll: (event) => send(members.all, event),
		toGroup: (group, event) => send(members.named(group), event),
		toClient: (client, event) => send(members.named(client), event),
	};
}

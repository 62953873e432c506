// What one writes by hand: each response's `write` in a loop, with the event encoded once for all of
// them. Nothing bounded, nothing validated.

import { encodeBlock } from "../event.js";
import { Members } from "./members.js";
import { openStream } from "./open-stream.js";

/** @typedef {import("node:http").ServerResponse} ServerResponse */

/** @type {import("./index.js").Wire} */
export const wire = { opening: ": open\n", block: (event) => encodeBlock(event, ": ") };

/** @param {import("./index.js").Settings} settings @returns {import("./index.js").Running} */
export function create({ onConnection }) {
	/** @type {Members<ServerResponse>} */
	const members = new Members();
	/** @param {Iterable<ServerResponse>} responses @param {import("./index.js").BenchEvent} event */
	const send = (responses, event) => {
		const bytes = Buffer.from(wire.block(event));
		for (const response of responses) response.write(bytes);
	};
	return {
		connect(_req, res, addressee) {
			openStream(res, wire.opening);
			members.add(res, addressee);
			res.on("close", () => members.delete(res, addressee));
			onConnection();
		},
		toAll: (event) => send(members.all, event),
		toGroup: (group, event) => send(members.named(group), event),
		toClient: (client, event) => send(members.named(client), event),
	};
}

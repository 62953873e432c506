// What one writes by hand: each response's `write` in a loop, with the event encoded once for all of
// them. Nothing bounded, nothing validated, no groups.

import { encodeBlock } from "../event.js";
import { openStream } from "./open-stream.js";

/** @type {import("./index.js").Wire} */
export const wire = { opening: ": open\n", block: (event) => encodeBlock(event, ": ") };

/** @returns {import("./index.js").Running} */
export function create() {
	/** @type {Set<import("node:http").ServerResponse>} */
	const responses = new Set();
	return {
		connect(_req, res) {
			openStream(res, wire.opening);
			responses.add(res);
			res.on("close", () => responses.delete(res));
		},
		broadcast(event) {
			const bytes = Buffer.from(wire.block(event));
			for (const response of responses) response.write(bytes);
		},
	};
}

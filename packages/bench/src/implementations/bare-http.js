// A stream of `node:http` that is opened and left alone: what holding and ending one costs when nobody keeps anything.

import { openStream } from "./open-stream.js";

/** @type {import("./index.js").Wire} */
export const wire = { opening: ": open\n", block: () => "" };

/** @param {import("./index.js").Settings} settings @returns {import("./index.js").Running} */
export function create({ onConnection }) {
	return {
		connect(_req, res) {
			openStream(res, wire.opening);
			onConnection();
		},
	};
}

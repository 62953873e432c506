// An implementation that loses: the third event never reaches the first connection.

import { create as createWhole, wire } from "../src/implementations/bare-response.js";

export { wire };

/** @returns {import("../src/implementations/index.js").Running} */
export function create() {
	const kept = createWhole();
	const losing = createWhole();
	let connections = 0;
	let events = 0;
	return {
		connect(req, res) {
			connections++;
			(connections === 1 ? losing : kept).connect(req, res);
		},
		broadcast(event) {
			events++;
			kept.broadcast(event);
			if (events !== 3) losing.broadcast(event);
		},
	};
}

// An implementation that loses: the third event never reaches the first connection.

import { create as createWhole, wire } from "../src/implementations/bare-response.js";

export { wire };

/** @param {import("../src/implementations/index.js").Settings} settings @returns {import("../src/implementations/index.js").Running} */
export function create(settings) {
	const kept = createWhole(settings);
	const losing = createWhole(settings);
	let connections = 0;
	let events = 0;
	return {
		connect(req, res, addressee) {
			connections++;
			(connections === 1 ? losing : kept).connect?.(req, res, addressee);
		},
		toAll(event) {
			events++;
			kept.toAll?.(event);
			if (events !== 3) losing.toAll?.(event);
		},
	};
}

// A larger event, to more connections than fit into the processor's caches.

import { createFanOut } from "../fan-out.js";
import { CPU_PER_EVENT, SERIALISATIONS } from "../workload.js";

/** @type {import("../workload.js").Workload} */
export const json1k = {
	name: "json-1k",
	title: "One event of 1 KB JSON to everyone",
	figures: [CPU_PER_EVENT, SERIALISATIONS],
	cases(limits) {
		const connections = Math.min(5_000, limits.connections);
		return [
			createFanOut({
				connections,
				eventBytes: 1_024,
				warmUps: Math.min(15, limits.turns),
				turns: Math.min(50, limits.turns),
			}),
		];
	},
};

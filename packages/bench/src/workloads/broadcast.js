// One small event to everyone: the common case, and the floor of what a delivery costs.

import { createFanOut } from "../fan-out.js";
import { CPU_PER_EVENT, SERIALISATIONS } from "../workload.js";

/** @type {import("../workload.js").Workload} */
export const broadcast = {
	name: "broadcast",
	title: "One event of 128 B to everyone",
	figures: [CPU_PER_EVENT, SERIALISATIONS],
	cases(limits) {
		const connections = Math.min(2_000, limits.connections);
		return [
			createFanOut({
				connections,
				// By then, the code that runs for each delivery is compiled.
				warmUps: Math.min(25, limits.turns),
				turns: Math.min(100, limits.turns),
			}),
		];
	},
};

// Each client receives an individual event: nothing is shared, everything is encoded for one connection.

import { createFanOut } from "../fan-out.js";
import { CPU_PER_EVENT, thousands } from "../workload.js";

/** @type {import("../workload.js").Workload} */
export const own = {
	name: "own",
	title: "Each client its own event of 128 B",
	figures: [CPU_PER_EVENT],
	cases(limits) {
		const connections = Math.min(5_000, limits.connections);
		return [
			createFanOut({
				name: `${thousands(connections)} clients`,
				connections,
				target: "client",
				audiences: connections,
				warmUps: Math.min(10, limits.turns),
				turns: Math.min(40, limits.turns),
			}),
		];
	},
};

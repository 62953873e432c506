// Ten events in one turn of the event loop: what gathering them into one write is worth.

import { createFanOut } from "../fan-out.js";
import { CPU_PER_EVENT } from "../workload.js";

/** @type {import("../workload.js").Workload} */
export const burst = {
	name: "burst",
	title: "Ten events of 128 B in one turn to everyone",
	figures: [CPU_PER_EVENT],
	cases(limits) {
		const connections = Math.min(2_000, limits.connections);
		return [
			createFanOut({
				connections,
				burst: 10,
				warmUps: Math.min(10, limits.turns),
				turns: Math.min(30, limits.turns),
			}),
		];
	},
};

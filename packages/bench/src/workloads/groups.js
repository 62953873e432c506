// Groups of 10, 100 and 1,000 out of 10,000 connections: each group receives an individual event, all in
// one turn. Who is not addressed must cost nothing.

import { createFanOut } from "../fan-out.js";
import { CPU_PER_EVENT, thousands } from "../workload.js";

/** @type {import("../workload.js").Workload} */
export const groups = {
	name: "groups",
	title: "Each group its own event of 128 B",
	figures: [CPU_PER_EVENT],
	cases(limits) {
		const connections = Math.min(10_000, limits.connections);
		return [10, 100, 1_000]
			.filter((size) => size <= connections)
			.map((size) =>
				createFanOut({
					name: `groups of ${thousands(size)} out of ${thousands(connections)}`,
					connections,
					target: "group",
					audiences: Math.floor(connections / size),
					warmUps: Math.min(5, limits.turns),
					turns: Math.min(15, limits.turns),
				}),
			);
	},
};

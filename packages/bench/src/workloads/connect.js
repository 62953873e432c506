// Clients that come and go.

import { CPU_PER_CONNECTION, createConnecting } from "../connecting.js";
import { BARE_HTTP } from "../implementations/index.js";
import { thousands } from "../workload.js";

/** @type {import("../workload.js").Workload} */
export const connect = {
	name: "connect",
	title: "Connect and disconnect",
	figures: [CPU_PER_CONNECTION],
	cases(limits) {
		const connections = Math.min(1_000, limits.connections);
		return [
			createConnecting({
				name: `${thousands(connections)} connections`,
				connections,
				warmUps: Math.min(3, limits.turns),
				turns: Math.min(8, limits.turns),
				field: "everyone",
				baselines: [BARE_HTTP],
			}),
		];
	},
};

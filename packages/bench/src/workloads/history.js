// What it costs to keep what is sent: the same broadcast without and with the event log, in memory and in Redis.

import { createFanOut } from "../fan-out.js";
import { BARE_SOCKET, OURS, OURS_OVER_REDIS, OURS_WITH_HISTORY } from "../implementations/index.js";
import { CPU_PER_EVENT } from "../workload.js";

/** @type {import("../workload.js").Workload} */
export const history = {
	name: "history",
	title: "One event of 128 B to everyone, kept",
	figures: [CPU_PER_EVENT],
	cases(limits) {
		const connections = Math.min(2_000, limits.connections);
		return [
			{
				...createFanOut({
					connections,
					warmUps: Math.min(25, limits.turns),
					turns: Math.min(100, limits.turns),
				}),
				field: [BARE_SOCKET, OURS, OURS_WITH_HISTORY, OURS_OVER_REDIS],
				baselines: [BARE_SOCKET, OURS, OURS_WITH_HISTORY],
			},
		];
	},
};

// One broadcast a second to more connections than can be written in a moment: whether the process stays
// free for everything else. The wait of an arrival comes first: a loop that is held once a second for a
// quarter of it has a short delay in all of its ticks but one.

import { createPaced } from "../paced.js";
import {
	CPU_PER_EVENT,
	LOOP_DELAY_MAX,
	LOOP_DELAY_P99,
	LOOP_WAIT_P99,
	thousands,
} from "../workload.js";

/** @type {import("../workload.js").Workload} */
export const fanOutDelay = {
	name: "fanout-delay",
	title: "One event of 128 B a second to everyone",
	figures: [LOOP_WAIT_P99, LOOP_DELAY_P99, LOOP_DELAY_MAX, CPU_PER_EVENT],
	cases(limits) {
		const connections = Math.min(20_000, limits.connections);
		const seconds = Math.min(10, limits.seconds);
		const name = `${thousands(connections)} connections`;
		return [createPaced({ name, connections, perSecond: 1, seconds })];
	},
};

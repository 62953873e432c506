// More than the machine can write: events must still come in order, and memory must not grow with them.

import { createPaced } from "../paced.js";
import {
	CPU_PER_EVENT,
	LOOP_DELAY_MAX,
	LOOP_DELAY_P99,
	LOOP_WAIT_P99,
	PEAK_EXTRA,
	thousands,
} from "../workload.js";

/** @type {import("../workload.js").Workload} */
export const overload = {
	name: "overload",
	title: "20 events of 128 B a second to everyone",
	figures: [
		LOOP_WAIT_P99,
		LOOP_DELAY_P99,
		LOOP_DELAY_MAX,
		PEAK_EXTRA,
		{ key: "deliveriesPerSecond", title: "deliveries", unit: "1/s", digits: 0 },
		CPU_PER_EVENT,
	],
	cases(limits) {
		const connections = Math.min(10_000, limits.connections);
		const seconds = Math.min(10, limits.seconds);
		const name = `${thousands(connections)} connections, ${seconds} s`;
		return [createPaced({ name, connections, perSecond: 20, seconds })];
	},
};

// A fixed rate that the machine has time for: how long an event takes from `send` to each receiver.

import { createPaced } from "../paced.js";
import { CPU_PER_EVENT, thousands } from "../workload.js";

/** @type {Omit<import("../workload.js").Figure, "key" | "title">} */
const MILLISECONDS = { unit: "ms", digits: 2, scale: 1e-3 };

/** @type {import("../workload.js").Workload} */
export const latency = {
	name: "latency",
	title: "20 events of 128 B a second to everyone, from being sent to being received",
	figures: [
		{ key: "p99Micros", title: "latency p99", ...MILLISECONDS },
		{ key: "p50Micros", title: "p50", ...MILLISECONDS },
		{ key: "p999Micros", title: "p99.9", ...MILLISECONDS },
		CPU_PER_EVENT,
	],
	cases(limits) {
		const connections = Math.min(1_000, limits.connections);
		const seconds = Math.min(5, limits.seconds);
		const name = `${thousands(connections)} connections, ${seconds} s`;
		return [createPaced({ name, connections, perSecond: 20, seconds, timed: true })];
	},
};

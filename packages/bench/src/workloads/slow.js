// One in a hundred connections stops reading. The others must not pay for it, and the memory it holds must
// have a bound.

import { createFanOut } from "../fan-out.js";
import { CPU_PER_EVENT, thousands } from "../workload.js";

/** Larger than usual, so that a reader that stops is soon behind by more than the kernel buffers for it. */
const EVENT_BYTES = 8_192;

/** @type {import("../workload.js").Workload} */
export const slow = {
	name: "slow",
	title: "One event of 8 KB to everyone, one in a hundred does not read",
	figures: [
		CPU_PER_EVENT,
		{
			key: "peakExtraBytes",
			title: "peak memory over that before",
			unit: "MB",
			digits: 1,
			scale: 1e-6,
		},
	],
	cases(limits) {
		const connections = Math.min(2_000, limits.connections);
		const slowOnes = Math.ceil(connections / 100);
		return [0, slowOnes].map((count) =>
			createFanOut({
				name: `${thousands(connections)} connections, ${count === 0 ? "all read" : `${count} do not read`}`,
				connections,
				eventBytes: EVENT_BYTES,
				slow: count,
				warmUps: Math.min(10, limits.turns),
				turns: Math.min(300, limits.turns),
			}),
		);
	},
};

// One in a hundred connections stops reading. The others must not pay for it, and the memory it holds must
// have a bound.

import { createFanOut } from "../fan-out.js";
import { BARE_RESPONSE, BARE_SOCKET, OURS } from "../implementations/index.js";
import { CPU_PER_EVENT, PEAK_EXTRA, thousands } from "../workload.js";

/** With the turns, more than the kernel buffers for a connection (about 6 MB on Linux) and a queue of 1 MiB. */
const EVENT_BYTES = 32 * 1_024;

/** @type {import("../workload.js").Workload} */
export const slow = {
	name: "slow",
	title: "One event of 32 KB to everyone, one in a hundred does not read",
	figures: [CPU_PER_EVENT, PEAK_EXTRA],
	cases(limits) {
		const connections = Math.min(2_000, limits.connections);
		const slowOnes = Math.ceil(connections / 100);
		return [0, slowOnes].map((count) => ({
			...createFanOut({
				name: `${thousands(connections)} connections, ${count === 0 ? "all read" : `${count} do not read`}`,
				connections,
				eventBytes: EVENT_BYTES,
				slow: count,
				warmUps: Math.min(10, limits.turns),
				turns: Math.min(300, limits.turns),
			}),
			field: [OURS, BARE_SOCKET, BARE_RESPONSE],
		}));
	},
};

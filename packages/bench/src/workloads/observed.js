// One small event to 10,000, while metrics, spans and an inspector watch.

import { createFanOut } from "../fan-out.js";
import { OURS_OBSERVED, OURS_PUBLISHING } from "../implementations/index.js";
import { CPU_PER_EVENT, SERIALISATIONS } from "../workload.js";

/** @type {import("../workload.js").Workload} */
export const observed = {
	name: "observed",
	title: "One event of 128 B to everyone, with metrics, spans and an open inspector",
	figures: [CPU_PER_EVENT, SERIALISATIONS],
	cases(limits) {
		const connections = Math.min(10_000, limits.connections);
		return [
			{
				...createFanOut({
					connections,
					warmUps: Math.min(10, limits.turns),
					// Some seconds, so that the page and the scrapes have their share.
					turns: Math.min(100, limits.turns),
				}),
				field: [OURS_PUBLISHING, OURS_OBSERVED],
				baselines: [OURS_PUBLISHING],
			},
		];
	},
};

// Everyone connects at once, to a server that has just started: what follows a deploy. Or everyone comes back at once, and has
// missed some events: what follows a broken network.

import { BARE_HTTP, OURS, OURS_RESUMING, OURS_WITH_HISTORY } from "../implementations/index.js";
import { createPlan } from "../plan.js";
import { cpuMicros, nowMicros, sharesOf, usageBetween } from "../usage.js";
import { LOOP_DELAY_MAX, thousands } from "../workload.js";

/** @type {readonly [import("../workload.js").Figure, ...import("../workload.js").Figure[]]} */
const FIGURES = [
	{
		key: "cpuMicrosPerConnection",
		title: "server CPU per connection",
		unit: "µs",
		digits: 1,
	},
	{ key: "untilAllMicros", title: "until all are connected", unit: "ms", digits: 0, scale: 1e-3 },
	{ ...LOOP_DELAY_MAX, title: "event loop delay max" },
];

/** @type {import("../workload.js").Workload} */
export const storm = {
	name: "storm",
	title: "Everyone connects at once",
	figures: FIGURES,
	cases(limits) {
		// The most that may wait to be accepted.
		return [createStorm(Math.min(4_000, limits.connections), "everyone", [BARE_HTTP])];
	},
};

/** @type {import("../workload.js").Workload} */
export const resumeStorm = {
	name: "resume-storm",
	title: "Everyone comes back at once, and has missed ten events",
	figures: FIGURES,
	cases(limits) {
		const field = [OURS, OURS_WITH_HISTORY, OURS_RESUMING];
		return [createStorm(Math.min(5_000, limits.connections), field, [OURS])];
	},
};

/**
 * @param {number} connections @param {import("../workload.js").Case["field"]} field @param {readonly string[]} baselines
 * @returns {import("../workload.js").Case}
 */
function createStorm(connections, field, baselines) {
	return {
		name: `${thousands(connections)} connections`,
		plan: createPlan({ connections }),
		field,
		baselines,

		inside: true,

		async run({ server, client, connect }) {
			const read = () => Promise.all([server.ask("usage"), client.ask("usage")]);
			await server.ask("startLoopDelay");
			const before = await read();
			const startMicros = nowMicros();
			await connect({ atOnce: connections });
			const untilAllMicros = nowMicros() - startMicros;
			const after = await read();
			const usage = usageBetween(before[0], after[0]);
			return {
				cpuMicrosPerConnection: cpuMicros(usage) / connections,
				untilAllMicros,
				...(await server.ask("loopDelay")),
				...sharesOf(usage, usageBetween(before[1], after[1])),
			};
		},
	};
}

// Everyone connects at once, to a server that has just started: what follows a deploy.

import { BARE_HTTP } from "../implementations/index.js";
import { createPlan } from "../plan.js";
import { cpuMicros, nowMicros, sharesOf, usageBetween } from "../usage.js";
import { LOOP_DELAY_MAX, thousands } from "../workload.js";

/** @type {import("../workload.js").Workload} */
export const storm = {
	name: "storm",
	title: "Everyone connects at once",
	figures: [
		{
			key: "cpuMicrosPerConnection",
			title: "server CPU per connection",
			unit: "µs",
			digits: 1,
		},
		{ key: "untilAllMicros", title: "until all are connected", unit: "ms", digits: 0, scale: 1e-3 },
		{ ...LOOP_DELAY_MAX, title: "event loop delay max" },
	],
	cases(limits) {
		// The most that may wait to be accepted.
		const connections = Math.min(4_000, limits.connections);
		return [
			{
				name: `${thousands(connections)} connections`,
				plan: createPlan({ connections }),
				field: "everyone",
				baselines: [BARE_HTTP],

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
			},
		];
	},
};

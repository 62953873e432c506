// Connections that are open and say nothing but heartbeats: what each keeps resident in the server.

import { setTimeout } from "node:timers/promises";
import { BARE_HTTP } from "../implementations/index.js";
import { createPlan } from "../plan.js";
import { sharesOf, usageBetween } from "../usage.js";
import { thousands } from "../workload.js";

/** A heartbeat comes within that, with the options by default: 15 s and a quarter of it. */
const HEARTBEAT_SECONDS = 19;
/** A process that has just taken connections gives a part of its memory back in the seconds after. */
const SETTLING_SECONDS = 8;
/** More heartbeats than come in a run. */
const HEARTBEATS = 16;

/** @type {import("../workload.js").Workload} */
export const idle = {
	name: "idle",
	title: "Idle connections",
	figures: [
		{
			key: "bytesPerConnection",
			title: "resident memory per connection",
			unit: "B",
			digits: 0,
		},
	],
	cases(limits) {
		const cases = [10_000, 15_000].map((wanted) => Math.min(wanted, limits.connections));
		return [...new Set(cases)].map((connections) => {
			// What a server needs with few connections as with many is not counted.
			const first = Math.ceil(connections / 10);
			return {
				name: `${thousands(connections)} connections`,
				plan: createPlan({ connections, heartbeats: true, events: HEARTBEATS }),
				field: /** @type {const} */ ("everyone"),
				baselines: [BARE_HTTP],

				async run({ server, client, connect }) {
					const isLong = limits.seconds > HEARTBEAT_SECONDS;
					const wait = (/** @type {number} */ seconds) => isLong && setTimeout(seconds * 1_000);
					const read = () => Promise.all([server.ask("usage"), client.ask("usage")]);
					await connect({ count: first });
					await wait(SETTLING_SECONDS);
					const before = await server.ask("resident");
					const usageBefore = await read();
					await connect({ count: connections - first });
					// Where there are no heartbeats, too: all are looked at after the same time.
					const rest = wait(HEARTBEAT_SECONDS);
					// What is allocated at the first one stays.
					if (isLong) {
						await client.ask("heartbeat", { timeoutMs: (HEARTBEAT_SECONDS + 5) * 1_000 });
					}
					await rest;
					const after = await server.ask("resident");
					const usage = await read();
					return {
						bytesPerConnection: (after - before) / (connections - first),
						...sharesOf(
							usageBetween(usageBefore[0], usage[0]),
							usageBetween(usageBefore[1], usage[1]),
						),
					};
				},
			};
		});
	},
};

// The work of opening and ending connections, again and again, with nothing sent in between.

import { createPlan } from "./plan.js";
import { cpuMicros, sharesOf, usageBetween } from "./usage.js";

/** @type {import("./workload.js").Figure} */
export const CPU_PER_CONNECTION = {
	key: "cpuMicrosPerConnection",
	title: "server CPU per connect and disconnect",
	unit: "µs",
	digits: 1,
};

/**
 * @typedef {object} Sizes
 * @property {string} name
 * @property {number} connections of one turn
 * @property {number} warmUps turns that are not measured, before those that are
 * @property {number} turns
 * @property {import("./workload.js").Case["field"]} field
 * @property {readonly string[]} baselines
 */

/** @param {Sizes} sizes @returns {import("./workload.js").Case} */
export function createConnecting({ name, connections, warmUps, turns, field, baselines }) {
	return {
		name,
		plan: createPlan({ connections }),
		field,
		baselines,

		async run({ server, client, connect }) {
			const turn = async () => {
				await connect();
				await client.ask("leave");
			};
			const read = () => Promise.all([server.ask("usage"), client.ask("usage")]);
			for (let i = 0; i < warmUps; i++) await turn();
			const before = await read();
			for (let i = 0; i < turns; i++) await turn();
			const after = await read();
			const usage = usageBetween(before[0], after[0]);
			return {
				cpuMicrosPerConnection: cpuMicros(usage) / (connections * turns),
				...sharesOf(usage, usageBetween(before[1], after[1])),
			};
		},
	};
}

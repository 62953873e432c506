// The work of most workloads: send to everyone in one turn, wait until all have received it, and repeat.

import { createPlan } from "./plan.js";
import { cpuMicros, sharesOf, usageBetween } from "./usage.js";
import { thousands } from "./workload.js";

/**
 * @typedef {import("./plan.js").Target} Target
 * @typedef {import("./workload.js").Case} Case
 *
 * @typedef {object} Sizes
 * @property {string} [name] default: its number of connections
 * @property {number} connections
 * @property {Target} [target] default "all"
 * @property {number} [audiences] how many groups there are; default 1
 * @property {number} [burst] events each audience is sent in one turn, default 1
 * @property {number} [eventBytes] of an event's block, default 128
 * @property {number} warmUps turns that are not measured, before those that are
 * @property {number} turns
 * @property {number} [slow] how many connections stop reading, default none
 */

/** @param {Sizes} sizes @returns {Case} */
export function createFanOut(sizes) {
	const { connections, target = "all", audiences = 1, burst = 1, warmUps, turns } = sizes;
	const { name = `${thousands(connections)} connections`, eventBytes = 128, slow = 0 } = sizes;
	const measured = warmUps + turns;
	// The last turn is a fence: an event that came twice is found by what should have come instead.
	const events = (measured + 1) * burst;
	return {
		name,
		plan: createPlan({ connections, target, audiences, events, eventBytes, slow }),

		async run({ server, client, connect, timeoutMs }) {
			await server.ask("prepare");
			await connect();
			/** @param {number} turn */
			const send = (turn) => {
				server.tell("send", { from: turn * burst, count: burst });
				return client.ask("received", { nth: (turn + 1) * burst - 1, timeoutMs });
			};
			const read = () => Promise.all([server.ask("usage"), client.ask("usage")]);

			for (let turn = 0; turn < warmUps; turn++) await send(turn);
			const memoryBefore = await server.ask("startPeak");
			const before = await read();
			for (let turn = warmUps; turn < measured; turn++) await send(turn);
			const after = await read();
			const memoryPeak = await server.ask("peak");
			await send(measured);

			const usage = usageBetween(before[0], after[0]);
			return {
				cpuMicrosPerEvent: cpuMicros(usage) / ((connections - slow) * turns * burst),
				userMicros: usage.userMicros,
				systemMicros: usage.systemMicros,
				serialisationsPerEvent: (await server.ask("serialisations")) / audiences,
				peakExtraBytes: memoryPeak - memoryBefore,
				...sharesOf(usage, usageBetween(before[1], after[1])),
			};
		},
	};
}

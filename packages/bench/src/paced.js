// The work of sending to everyone at a fixed rate, however far the connections are.

import { createPlan } from "./plan.js";
import { cpuMicros, nowMicros, sharesOf, usageBetween } from "./usage.js";

/**
 * @typedef {object} Sizes
 * @property {string} name
 * @property {number} connections
 * @property {number} perSecond events to everyone
 * @property {number} seconds
 * @property {boolean} [timed] whether the latencies are wanted, which costs the client time
 */

const WARM_UPS = 5;

/** @param {Sizes} sizes @returns {import("./workload.js").Case} */
export function createPaced({ name, connections, perSecond, seconds, timed = false }) {
	const count = perSecond * seconds;
	return {
		name,
		// The last one is a fence, as in a fan-out.
		plan: createPlan({ connections, events: WARM_UPS + count + 1, timed }),

		inside: true,

		async run({ server, client, connect, timeoutMs }) {
			await server.ask("prepare");
			await connect();
			/** @param {number} nth */
			const send = (nth) => {
				server.tell("send", { from: nth, count: 1 });
				return client.ask("received", { nth, timeoutMs });
			};
			const read = () => Promise.all([server.ask("usage"), client.ask("usage")]);

			for (let nth = 0; nth < WARM_UPS; nth++) await send(nth);
			const residentBytes = await server.ask("resident");
			await server.ask("startPeak");
			const before = await read();
			await server.ask("startLoopDelay");
			const last = client.ask("received", {
				nth: WARM_UPS + count - 1,
				timeoutMs: timeoutMs + seconds * 1_000,
			});
			const order = { from: WARM_UPS, count, intervalMs: 1_000 / perSecond };
			const [sentAt, endMicros] = await Promise.all([
				server.ask("pace", order),
				last.then(nowMicros),
			]);
			const loopDelay = await server.ask("loopDelay");
			const peakBytes = await server.ask("peak");
			const after = await read();
			await send(WARM_UPS + count);

			const usage = usageBetween(before[0], after[0]);
			const deliveries = connections * count;
			return {
				...loopDelay,
				cpuMicrosPerEvent: cpuMicros(usage) / deliveries,
				deliveriesPerSecond: deliveries / ((endMicros - sentAt[0]) / 1e6),
				peakExtraBytes: peakBytes - residentBytes,
				...(timed ? await client.ask("latencies", { from: WARM_UPS, sentAt }) : {}),
				...sharesOf(usage, usageBetween(before[1], after[1])),
			};
		},
	};
}

// What a framework's adapter adds: to the same route of that framework with a stream opened by hand, when a
// client comes and goes; to the core, for each event.

import { CPU_PER_CONNECTION, createConnecting } from "../connecting.js";
import { createFanOut } from "../fan-out.js";
import {
	EXPRESS_ADAPTER,
	EXPRESS_BY_HAND,
	FASTIFY_ADAPTER,
	FASTIFY_BY_HAND,
	FASTIFY_SEND,
	NEST_ADAPTER,
	NEST_BY_HAND,
	NEST_INTERCEPTED,
	OURS,
} from "../implementations/index.js";
import { CPU_PER_EVENT } from "../workload.js";

/** @type {import("../workload.js").Workload} */
export const adapterConnect = {
	name: "adapters-connect",
	title: "Connect and disconnect through a framework",
	figures: [CPU_PER_CONNECTION],
	cases: (limits) =>
		[
			{ name: "Fastify", adapter: FASTIFY_ADAPTER, byHand: [FASTIFY_SEND, FASTIFY_BY_HAND] },
			{ name: "Express", adapter: EXPRESS_ADAPTER, byHand: [EXPRESS_BY_HAND] },
			{ name: "Nest on Express", adapter: NEST_ADAPTER, byHand: [NEST_BY_HAND, NEST_INTERCEPTED] },
		].map(({ name, adapter, byHand }) =>
			createConnecting({
				name,
				connections: Math.min(1_000, limits.connections),
				warmUps: Math.min(3, limits.turns),
				turns: Math.min(8, limits.turns),
				field: [adapter, ...byHand],
				baselines: byHand,
			}),
		),
};

/** @type {import("../workload.js").Workload} */
export const adapterEvent = {
	name: "adapters-event",
	title: "One event of 128 B to everyone who came through a framework",
	figures: [CPU_PER_EVENT],
	cases(limits) {
		const connections = Math.min(2_000, limits.connections);
		const work = createFanOut({
			connections,
			warmUps: Math.min(25, limits.turns),
			turns: Math.min(100, limits.turns),
		});
		return [
			{ ...work, field: [OURS, FASTIFY_ADAPTER, EXPRESS_ADAPTER, NEST_ADAPTER], baselines: [OURS] },
		];
	},
};

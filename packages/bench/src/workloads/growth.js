// The same broadcast to few and to many: what a delivery costs must not depend on how many others there are.

import { createFanOut } from "../fan-out.js";
import { CPU_PER_EVENT } from "../workload.js";

/** Every run makes about as many deliveries. */
const DELIVERIES = 300_000;

/** @type {import("../workload.js").Workload} */
export const growth = {
	name: "growth",
	title: "One event of 128 B to few and to many",
	figures: [CPU_PER_EVENT],
	cases(limits) {
		const many = Math.min(15_000, limits.connections);
		return [Math.ceil(many / 15), many].map((connections) => {
			const turns = Math.ceil(DELIVERIES / connections);
			return createFanOut({
				connections,
				warmUps: Math.min(Math.ceil(turns / 4), limits.turns),
				turns: Math.min(turns, limits.turns),
			});
		});
	},
};

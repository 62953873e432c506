// Streams on a `Response` behind @hono/node-server: written directly, in the body, by better-sse and by hand.

import { CPU_PER_CONNECTION, createConnecting } from "../connecting.js";
import { createFanOut } from "../fan-out.js";
import {
	FETCH_BETTER_SSE,
	FETCH_BODY,
	FETCH_BY_HAND,
	FETCH_DIRECT,
	OURS,
} from "../implementations/index.js";
import { CPU_PER_EVENT, PEAK_EXTRA, thousands } from "../workload.js";

const FIELD = [OURS, FETCH_DIRECT, FETCH_BODY, FETCH_BETTER_SSE, FETCH_BY_HAND];
const BASELINES = [OURS, FETCH_BETTER_SSE, FETCH_BY_HAND];

/** @param {string} name @param {string} title @param {number} burst @returns {import("../workload.js").Workload} */
const fanOut = (name, title, burst) => ({
	name,
	title,
	figures: [CPU_PER_EVENT],
	cases(limits) {
		const connections = Math.min(2_000, limits.connections);
		const work = createFanOut({
			connections,
			burst,
			warmUps: Math.min(25, limits.turns),
			turns: Math.min(60, limits.turns),
		});
		return [{ ...work, field: FIELD, baselines: BASELINES }];
	},
});

export const fetchEvent = fanOut("fetch-event", "One event of 128 B to everyone on a Response", 1);

export const fetchBurst = fanOut(
	"fetch-burst",
	"Ten events of 128 B in one turn to everyone on a Response",
	10,
);

/** As in `slow`: more than the kernel buffers for a connection, and the queue's bound. */
const SLOW_EVENT_BYTES = 32 * 1_024;

/** @type {import("../workload.js").Workload} */
export const fetchSlow = {
	name: "fetch-slow",
	title: "One event of 32 KB to everyone on a Response, one of them does not read",
	figures: [CPU_PER_EVENT, PEAK_EXTRA],
	cases(limits) {
		const connections = Math.min(1_000, limits.connections);
		return [0, 1].map((slow) => ({
			...createFanOut({
				name: `${thousands(connections)} connections, ${slow === 0 ? "all read" : "one does not read"}`,
				connections,
				eventBytes: SLOW_EVENT_BYTES,
				slow,
				warmUps: Math.min(10, limits.turns),
				turns: Math.min(300, limits.turns),
			}),
			field: [FETCH_DIRECT, FETCH_BODY],
		}));
	},
};

/** @type {import("../workload.js").Workload} */
export const fetchConnect = {
	name: "fetch-connect",
	title: "Connect and disconnect on a Response",
	figures: [CPU_PER_CONNECTION],
	cases: (limits) => [
		createConnecting({
			name: "@hono/node-server",
			connections: Math.min(1_000, limits.connections),
			warmUps: Math.min(3, limits.turns),
			turns: Math.min(8, limits.turns),
			field: [FETCH_DIRECT, FETCH_BODY, FETCH_BETTER_SSE, FETCH_BY_HAND],
			baselines: [FETCH_BY_HAND],
		}),
	],
};

// What a workload is: one kind of work, in one or more sizes, and the figures it gives.

/**
 * @typedef {import("./orders.js").Child} Child
 * @typedef {import("./plan.js").Plan} Plan
 *
 * @typedef {object} Figure
 * @property {string} key in a run's measured figures
 * @property {string} title
 * @property {string} unit
 * @property {number} digits behind the point
 * @property {number} [scale] what the measured number is multiplied by for the unit, default 1
 *
 * @typedef {Readonly<Record<string, number>>} Measured what a run says: figures by key, and both sides' CPU shares
 *
 * @typedef {object} Sides of a run, both fresh
 * @property {Child} server listens
 * @property {Child} client
 * @property {(atOnce?: number) => Promise<unknown>} connect resolves when all connections of the plan are open
 * @property {number} timeoutMs how long an event may take to all connections
 *
 * @typedef {object} Case one size of the work
 * @property {string} name
 * @property {Plan} plan
 * @property {readonly string[]} [field] who is measured; default: who can address the plan's target
 * @property {readonly string[]} [baselines] what ratios are against; default: the bare loops
 * @property {(sides: Sides) => Promise<Measured>} run rejects when an event did not reach someone, or not as it was sent
 *
 * @typedef {object} Limits what no run goes beyond
 * @property {number} connections
 * @property {number} turns
 * @property {number} seconds
 *
 * @typedef {object} Workload
 * @property {string} name for the command line
 * @property {string} title
 * @property {readonly [Figure, ...Figure[]]} figures the first is the one that ratios are of
 * @property {(limits: Limits) => readonly Case[]} cases
 */

/** @type {Figure} */
export const CPU_PER_EVENT = {
	key: "cpuMicrosPerEvent",
	title: "server CPU per delivered event",
	unit: "µs",
	digits: 2,
};

/** @type {Figure} */
export const SERIALISATIONS = {
	key: "serialisationsPerEvent",
	title: "data made into JSON per event",
	unit: "times",
	digits: 0,
};

/** @param {number} count */
export function thousands(count) {
	return count.toLocaleString("en");
}

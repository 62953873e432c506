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
 * @property {(options?: ConnectOptions) => Promise<unknown>} connect opens connections of the plan, and resolves when they are open
 * @property {number} timeoutMs how long an event may take to all connections
 *
 * @typedef {object} ConnectOptions
 * @property {number} [count] how many more; default all
 * @property {number} [atOnce] how many may be opening; default 128
 *
 * @typedef {object} Case one size of the work
 * @property {string} name
 * @property {Plan} plan
 * @property {readonly string[] | "everyone" | undefined} [field] which implementations are measured: these, or all that send at all; default: all that
 * can send to the plan's target
 * @property {readonly string[]} [baselines] what ratios are against; default: the bare loops
 * @property {boolean} [inside] whether the server's event loop or memory is looked into from inside
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

/** @type {Figure} */
export const LOOP_DELAY_P99 = {
	key: "loopDelayP99Micros",
	title: "event loop delay p99",
	unit: "ms",
	digits: 1,
	scale: 1e-3,
};

/** @type {Figure} */
export const LOOP_DELAY_MAX = { ...LOOP_DELAY_P99, key: "loopDelayMaxMicros", title: "max" };

/** @type {Figure} */
export const LOOP_WAIT_P99 = {
	...LOOP_DELAY_P99,
	key: "loopWaitP99Micros",
	title: "wait of an arrival p99",
};

/** @type {Figure} */
export const PEAK_EXTRA = {
	key: "peakExtraBytes",
	title: "peak memory over that before",
	unit: "MB",
	digits: 1,
	scale: 1e-6,
};

/** @param {number} count */
export function thousands(count) {
	return count.toLocaleString("en");
}

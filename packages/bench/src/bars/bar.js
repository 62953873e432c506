// A bar: a figure that is compared, and what it may be at most.

import { OURS } from "../implementations/index.js";

/**
 * @typedef {import("../workload.js").Case} Case
 * @typedef {import("../workload.js").Measured} Measured
 * @typedef {import("../workload.js").Workload} Workload
 *
 * @typedef {(implementation: string, work?: number) => Measured} Look the figures of an implementation in one round, in
 * one of the row's cases (by its number, from 0)
 *
 * @typedef {object} Bar
 * @property {string} what is compared
 * @property {string} unit
 * @property {number} digits
 * @property {number} [limit] the most that the median may be; none: it is only reported
 * @property {(look: Look) => number} value of one round
 *
 * @typedef {object} Row
 * @property {number} row
 * @property {string} what
 * @property {Workload} workload
 * @property {readonly string[]} field the implementations it needs
 * @property {(works: readonly Case[]) => readonly Case[]} [select] default: all cases
 * @property {readonly Bar[]} bars
 */

const MIB = 1_024 * 1_024;

/**
 * A ratio of one figure, to another implementation in the same round.
 * @param {Workload} workload @param {string} implementation @param {string} baseline @param {number} [limit] @returns {Bar}
 */
export function ratio({ figures: [{ key }] }, implementation, baseline, limit) {
	return {
		what: `${implementation} to ${baseline}`,
		unit: "×",
		digits: 3,
		...(limit === undefined ? {} : { limit }),
		value: (look) => (look(implementation)[key] ?? 0) / (look(baseline)[key] ?? 0),
	};
}

/**
 * One figure of this library, a delay.
 * @param {string} key @param {string} what @param {number} [limit] in ms @returns {Bar}
 */
export function delay(key, what, limit) {
	return {
		what,
		unit: "ms",
		digits: 1,
		...(limit === undefined ? {} : { limit }),
		value: (look) => (look(OURS)[key] ?? 0) / 1_000,
	};
}

/**
 * The CPU per delivery of one implementation in its second case, to that in its first.
 * @param {string} what @param {string} implementation @param {number} limit @returns {Bar}
 */
export function secondToFirst(what, implementation, limit) {
	return {
		what,
		unit: "×",
		digits: 3,
		limit,
		value: (look) =>
			(look(implementation, 1).cpuMicrosPerEvent ?? 0) /
			(look(implementation, 0).cpuMicrosPerEvent ?? 0),
	};
}

/**
 * By how much the memory peak of one implementation in its second case is above that in its first.
 * @param {string} what @param {string} implementation @param {number} limit in MiB @returns {Bar}
 */
export function extraPeak(what, implementation, limit) {
	return {
		what,
		unit: "MiB",
		digits: 1,
		limit,
		value: (look) =>
			((look(implementation, 1).peakExtraBytes ?? 0) -
				(look(implementation, 0).peakExtraBytes ?? 0)) /
			MIB,
	};
}

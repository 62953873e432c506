// Interleaved rounds: in each, every case runs once for every implementation that can do it.

import { BARE_RESPONSE, BARE_SOCKET } from "./implementations/index.js";
import { run } from "./run.js";

/**
 * @typedef {import("./implementations/index.js").Entry} Entry
 * @typedef {import("./workload.js").Case} Case
 * @typedef {import("./workload.js").Measured} Measured
 *
 * @typedef {object} Sample what one run says
 * @property {string} name of the case
 * @property {string} implementation
 * @property {number} round from 1
 * @property {Measured} measured
 *
 * @typedef {object} Failure an event that was lost, changed or out of order, or a run that did not end
 * @property {string} name of the case
 * @property {string} implementation
 * @property {number} round
 * @property {string} message
 *
 * @typedef {object} Measurement
 * @property {Sample[]} samples
 * @property {Failure[]} failures
 *
 * @typedef {import("./run.js").RunOptions & { rounds: number, only: readonly string[] | undefined }} MeasureOptions
 */

/**
 * @param {readonly Case[]} cases @param {readonly Entry[]} field @param {MeasureOptions} options
 * @param {(round: number) => void} [onRound] called after each round
 * @returns {Promise<Measurement>}
 */
export async function measure(cases, field, options, onRound = () => {}) {
	/** @type {Measurement} */
	const { samples, failures } = { samples: [], failures: [] };
	for (let round = 1; round <= options.rounds; round++) {
		for (const work of cases) {
			const entries = entriesOf(work, field, options.only);
			// Each has each place in turn: none is always the one behind a busy neighbour.
			for (const entry of rotate(entries, round - 1)) {
				const { name } = work;
				const implementation = entry.name;
				if (failures.some((past) => past.name === name && past.implementation === implementation)) {
					continue;
				}
				try {
					const measured = await run(entry, work, options);
					samples.push({ name, implementation, round, measured });
				} catch (error) {
					const message = error instanceof Error ? error.message : String(error);
					failures.push({ name, implementation, round, message });
				}
			}
		}
		onRound(round);
	}
	return { samples, failures };
}

/** What ratios of a case are against. @param {Case} work @returns {readonly string[]} */
export function baselinesOf(work) {
	return work.baselines ?? [BARE_SOCKET, BARE_RESPONSE];
}

/** Who runs a case. @param {Case} work @param {readonly Entry[]} field @param {readonly string[] | undefined} only */
export function entriesOf(work, field, only) {
	const { field: wanted, plan, inside = false } = work;
	const baselines = baselinesOf(work);
	return field.filter(({ name, targets, outside, missing }) => {
		if ((outside && inside) || missing?.() !== undefined) return false;
		const able = wanted === "everyone" ? targets.length > 0 : targets.includes(plan.target);
		if (!(Array.isArray(wanted) ? wanted.includes(name) : able || baselines.includes(name)))
			return false;
		return only === undefined || only.includes(name) || baselines.includes(name);
	});
}

/** @template T @param {readonly T[]} items @param {number} by */
function rotate(items, by) {
	const start = by % Math.max(1, items.length);
	return [...items.slice(start), ...items.slice(0, start)];
}

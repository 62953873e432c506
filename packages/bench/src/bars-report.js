// The verdict on each bar: what was measured in every round, and whether the median meets it.

import { measure } from "./measure.js";
import { spreadOf } from "./spread.js";

/**
 * @typedef {import("./bars/bar.js").Row} Row
 * @typedef {import("./implementations/index.js").Entry} Entry
 *
 * @typedef {object} Verdict
 * @property {number} row
 * @property {string} what
 * @property {string} bar
 * @property {string} unit
 * @property {number} digits
 * @property {number | undefined} limit
 * @property {import("./spread.js").Spread} measured
 * @property {number} rounds
 * @property {boolean | undefined} met `undefined` when there is no limit
 */

/**
 * @param {Row} row @param {readonly Entry[]} field @param {import("./workload.js").Limits} limits
 * @param {Omit<import("./measure.js").MeasureOptions, "only">} options
 * @returns {Promise<Verdict[]>} rejects when an event was lost, changed or out of order
 */
export async function judge(
	{ row, what, workload, field: needed, select, bars },
	field,
	limits,
	options,
) {
	const all = workload.cases(limits);
	const works = (select?.(all) ?? all).map((work) => ({ ...work, field: needed, baselines: [] }));
	const { samples, failures } = await measure(works, field, { ...options, only: undefined });
	const [failure] = failures;
	if (failure !== undefined) throw new Error(failure.message);
	const rounds = Array.from({ length: options.rounds }, (_, i) => i + 1);
	return bars.map(({ what: bar, unit, digits, limit, value }) => {
		const values = rounds.map((round) =>
			value((implementation, number = 0) => {
				const sample = samples.find(
					(one) =>
						one.round === round &&
						one.implementation === implementation &&
						one.name === works[number]?.name,
				);
				if (sample === undefined) throw new Error(`${what}: ${implementation} was not measured`);
				return sample.measured;
			}),
		);
		const measured = spreadOf(values);
		const met = limit === undefined ? undefined : measured.median <= limit;
		return { row, what, bar, unit, digits, limit, measured, rounds: rounds.length, met };
	});
}

/** @param {Verdict} verdict @returns {string[]} as cells: bar, measured, met or not */
export function cellsOf({ bar, unit, digits, limit, measured, met }) {
	const { min, median, max } = measured;
	const [low, middle, high] = [min, median, max].map((value) => value.toFixed(digits));
	return [
		bar,
		limit === undefined ? "" : `≤ ${limit} ${unit}`,
		`${middle} ${unit} (${low} to ${high})`,
		met === undefined ? "" : met ? "met" : "NOT MET",
	];
}

/** @param {readonly Verdict[]} verdicts of a row @returns {string} */
export function textOfRow(verdicts) {
	const [first] = verdicts;
	const lines = verdicts.map((verdict) => `    ${cellsOf(verdict).filter(Boolean).join(", ")}`);
	return [`${first?.row}. ${first?.what}`, ...lines].join("\n");
}

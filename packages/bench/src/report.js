// The report: what many runs of a workload say together, as data.

import { baselinesOf, entriesOf } from "./measure.js";
import { spreadOf } from "./spread.js";

/**
 * @typedef {import("./implementations/index.js").Entry} Entry
 * @typedef {import("./measure.js").Measurement} Measurement
 * @typedef {import("./measure.js").Sample} Sample
 * @typedef {import("./spread.js").Spread} Spread
 * @typedef {import("./workload.js").Case} Case
 * @typedef {import("./workload.js").Figure} Figure
 * @typedef {import("./workload.js").Workload} Workload
 *
 * @typedef {object} Summary what all runs of one implementation say
 * @property {string} implementation
 * @property {Readonly<Record<string, Spread>>} figures by key
 * @property {Readonly<Record<string, Spread>>} ratios of the first figure, to each baseline in the same round
 * @property {Spread} serverCpuShare of one core's time
 * @property {Spread} clientCpuShare
 *
 * @typedef {object} CaseReport
 * @property {string} name
 * @property {import("./plan.js").Plan} plan
 * @property {readonly Summary[]} summaries
 *
 * @typedef {object} Report of one workload
 * @property {string} workload
 * @property {string} title
 * @property {readonly [Figure, ...Figure[]]} figures
 * @property {readonly CaseReport[]} cases
 * @property {Measurement["failures"]} failures
 * @property {Measurement["samples"]} samples
 */

/**
 * @param {Workload} workload @param {readonly Case[]} cases @param {readonly Entry[]} field
 * @param {Measurement} measurement @returns {Report}
 */
export function reportOf({ name, title, figures }, cases, field, { samples, failures }) {
	return {
		workload: name,
		title,
		figures,
		cases: cases.map((work) => {
			const own = samples.filter((sample) => sample.name === work.name);
			return {
				name: work.name,
				plan: work.plan,
				summaries: entriesOf(work, field, undefined).flatMap((entry) =>
					summarise(entry.name, own, figures, baselinesOf(work)),
				),
			};
		}),
		failures,
		samples,
	};
}

/**
 * @param {string} implementation @param {readonly Sample[]} samples of a case
 * @param {readonly [Figure, ...Figure[]]} figures @param {readonly string[]} baselines
 * @returns {Summary[]} none when it was not measured
 */
function summarise(implementation, samples, figures, baselines) {
	const own = samples.filter((sample) => sample.implementation === implementation);
	if (own.length === 0) return [];
	/** @param {string} key */
	const over = (key) => spreadOf(own.map(({ measured }) => measured[key] ?? Number.NaN));
	const [{ key: first }] = figures;
	const ratios = baselines.flatMap((baseline) => {
		const values = ratiosOf(samples, first, implementation, baseline);
		return values.length === 0 ? [] : [/** @type {const} */ ([baseline, spreadOf(values)])];
	});
	return [
		{
			implementation,
			figures: Object.fromEntries(figures.map(({ key }) => [key, over(key)])),
			ratios: Object.fromEntries(ratios),
			serverCpuShare: over("serverCpuShare"),
			clientCpuShare: over("clientCpuShare"),
		},
	];
}

/**
 * One ratio for each round that has both.
 * @param {readonly Sample[]} samples of a case @param {string} key @param {string} implementation @param {string} baseline
 */
function ratiosOf(samples, key, implementation, baseline) {
	return samples.flatMap((sample) => {
		if (sample.implementation !== implementation) return [];
		const other = samples.find(
			({ implementation: name, round }) => name === baseline && round === sample.round,
		);
		return other === undefined ? [] : [(sample.measured[key] ?? 0) / (other.measured[key] ?? 0)];
	});
}

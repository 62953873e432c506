// The report: what many runs of a workload say together, as data and as tables.

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
 * @property {readonly string[]} baselines
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

/** From this share of its core on, the load client may be what was waited for. */
const BOTTLENECK = 0.97;

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
				baselines: baselinesOf(work),
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

/** @param {Figure} figure @param {number} value */
function formatFigure({ digits, scale = 1 }, value) {
	return (value * scale).toLocaleString("en", {
		minimumFractionDigits: digits,
		maximumFractionDigits: digits,
	});
}

/** One case as rows of cells, two of headings first. @param {Report} report @param {CaseReport} work @returns {string[][]} */
function rowsOf({ figures }, { baselines, summaries }) {
	const [first, ...others] = figures;
	const shown = baselines.filter((baseline) => summaries.some(({ ratios }) => ratios[baseline]));
	/** @param {number} share */
	const percent = (share) => `${Math.round(share * 100)} %`;
	const groups = ["", first.unit, "", "", ...shown.map(() => "×"), ...others.map((f) => f.unit)];
	const names = ["", "min", "median", "max", ...shown, ...others.map(({ title }) => title)];
	const rows = summaries.map(({ implementation, figures: all, ratios, ...shares }) => [
		implementation,
		...[all[first.key]?.min, all[first.key]?.median, all[first.key]?.max].map((value) =>
			formatFigure(first, value ?? Number.NaN),
		),
		...shown.map((baseline) => ratios[baseline]?.median.toFixed(2) ?? ""),
		...others.map((figure) => formatFigure(figure, all[figure.key]?.median ?? Number.NaN)),
		percent(shares.serverCpuShare.median),
		percent(shares.clientCpuShare.median) + (shares.clientCpuShare.median >= BOTTLENECK ? "!" : ""),
	]);
	return [[...groups, "server", "client"], [...names, "CPU", "CPU"], ...rows];
}

/** @param {Report} report @returns {string} */
export function textOf(report) {
	const { title, figures, cases, failures } = report;
	const [first] = figures;
	const parts = cases.flatMap((work) => [
		`${title}: ${work.name}`,
		...align(rowsOf(report, work)),
		"",
	]);
	return [
		...parts,
		`${first.unit}: ${first.title}. ×: ratio to it, median of the rounds' ratios. CPU: share of a core, median;`,
		"!: the load client may have been what was waited for.",
		...failures.map(({ name, round, message }) => `FAIL  ${message} (${name}, round ${round})`),
	].join("\n");
}

/** Columns as wide as their widest cell, numbers to the right. @param {readonly (readonly string[])[]} rows @returns {string[]} */
function align(rows) {
	const widths = rows[0]?.map((_, column) =>
		Math.max(...rows.map((row) => (row[column] ?? "").length)),
	);
	return rows.map((row) =>
		row
			.map((cell, column) =>
				column === 0 ? cell.padEnd(widths?.[column] ?? 0) : cell.padStart(widths?.[column] ?? 0),
			)
			.join("  ")
			.trimEnd(),
	);
}

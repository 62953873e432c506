// The stored results: what was measured, a JSON file for each workload and one for the bars, and the
// page with tables and plots that is made from them.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { ROWS } from "./bars/rows.js";
import { cellsOf } from "./bars-report.js";
import { BETTER_SSE, OURS } from "./implementations/index.js";
import { PALETTES, plotOf } from "./plot.js";
import { LEGEND, markdownOf, markdownTable } from "./table.js";
import { WORKLOADS } from "./workloads/index.js";

/**
 * @typedef {import("./bars-report.js").Verdict} Verdict
 * @typedef {import("./machine.js").Made} Made
 * @typedef {import("./report.js").Report} Report
 *
 * @typedef {Made & { report: Report }} KeptReport
 * @typedef {Made & { verdicts: readonly Verdict[] }} KeptRow
 */

const FOLDER = new URL("../results/", import.meta.url);
const PAGE = new URL("../RESULTS.md", import.meta.url);
const BARS = "bars";

/** @param {Made} made @param {Report} report */
export function keepReport(made, report) {
	writeJson(report.workload, { ...made, report });
	for (const theme of /** @type {const} */ (["light", "dark"])) {
		const file = new URL(`${report.workload}-${theme}.svg`, FOLDER);
		writeFileSync(file, plotOf(report, PALETTES[theme]));
	}
	writePage();
}

/** Rows that are not among these stay as they were. @param {Made} made @param {readonly Verdict[]} verdicts of one row */
export function keepRow(made, verdicts) {
	/** @type {KeptRow[]} */
	const kept = readJson(BARS) ?? [];
	const row = verdicts[0]?.row;
	const rows = [...kept.filter((one) => one.verdicts[0]?.row !== row), { ...made, verdicts }];
	rows.sort((a, b) => (a.verdicts[0]?.row ?? 0) - (b.verdicts[0]?.row ?? 0));
	writeJson(BARS, rows);
	writePage();
}

function writePage() {
	/** @type {KeptRow[]} */
	const rows = readJson(BARS) ?? [];
	/** @type {KeptReport[]} */
	const reports = WORKLOADS.flatMap(({ name }) => readJson(name) ?? []);
	const sections = [
		"# Results",
		"Written by `pnpm bench --save` and `pnpm bench --bars --save`. The [README](README.md) says what the figures mean and how they are measured. Microseconds depend on the machine; ratios less so.",
		...(rows.length === 0 ? [] : barsSection(rows)),
		...reports.flatMap(reportSection),
	];
	writeFileSync(PAGE, `${sections.join("\n\n")}\n`);
}

/** @param {readonly KeptRow[]} rows */
function barsSection(rows) {
	const cells = rows.flatMap(({ verdicts }) =>
		verdicts.map((verdict, i) => [
			i === 0 ? `${verdict.row}. ${verdict.what}` : "",
			...cellsOf(verdict),
		]),
	);
	const missing = ROWS.filter(({ row }) => !rows.some(({ verdicts }) => verdicts[0]?.row === row));
	return [
		"## What sse-service must show",
		"Median of the rounds (smallest to largest).",
		markdownTable([["", "", "bar", "measured", ""], ...cells]),
		...(missing.length === 0
			? []
			: [`Not measured: ${missing.map(({ row, what }) => `${row}. ${what}`).join("; ")}.`]),
		...new Set(
			rows.map((row) =>
				provenance({ ...row, command: "pnpm bench --bars --save" }, [OURS, BETTER_SSE]),
			),
		),
	];
}

/** @param {KeptReport} kept */
function reportSection({ report, ...made }) {
	const { workload, title, figures, cases, failures } = report;
	const alt = `${title}: ${figures[0].title} of each implementation`;
	return [
		`## \`${workload}\`: ${lowerFirst(title)}`,
		[
			"<picture>",
			`<source media="(prefers-color-scheme: dark)" srcset="results/${workload}-dark.svg">`,
			`<img src="results/${workload}-light.svg" alt="${alt}">`,
			"</picture>",
		].join("\n"),
		...cases.flatMap((work) => [`${upperFirst(work.name)}:`, markdownOf(report, work)]),
		`${figures[0].unit}: ${figures[0].title}. ${LEGEND.join(" ")}`,
		...failures.map(
			({ implementation, name, round, message }) =>
				`**Failed**: ${implementation}, ${name}, round ${round}: ${message}`,
		),
		provenance(
			made,
			cases.flatMap(({ summaries }) => summaries.map(({ implementation }) => implementation)),
		),
	];
}

/** @param {Made} made @param {readonly string[]} implementations whose versions matter */
function provenance({ date, command, machine, versions }, implementations) {
	const { cpu, cores, system, node } = machine;
	const used = [...new Set(implementations)].flatMap((name) => {
		const version = versions[name];
		if (version === undefined) return [];
		return name.endsWith(version) ? [name] : [`${name} ${version}`];
	});
	return `<sub>${date.slice(0, 10)}, \`${command}\`; ${cores} cores of ${cpu}, ${system}, Node ${node}; ${used.join(", ")}.</sub>`;
}

/** @param {string} text */
const lowerFirst = (text) => text.charAt(0).toLowerCase() + text.slice(1);
/** @param {string} text */
const upperFirst = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** @param {string} name @param {unknown} value */
function writeJson(name, value) {
	mkdirSync(FOLDER, { recursive: true });
	writeFileSync(new URL(`${name}.json`, FOLDER), `${JSON.stringify(value, undefined, "\t")}\n`);
}

/** @param {string} name what was stored, if anything was */
function readJson(name) {
	try {
		return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));
	} catch (error) {
		if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") return undefined;
		throw error;
	}
}

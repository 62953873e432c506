// A report as tables: for the console, and in Markdown.

/**
 * @typedef {import("./report.js").CaseReport} CaseReport
 * @typedef {import("./report.js").Report} Report
 * @typedef {import("./workload.js").Figure} Figure
 */

/** From this share of its core on, the load client may be the bottleneck. */
const BOTTLENECK = 0.97;

export const LEGEND = [
	"×: ratio of the first figure, median of the rounds' ratios.",
	"CPU: how much of a core each side used, median; with ! the load client may have been the bottleneck.",
];

/** @param {Figure} figure @param {number} value */
export function formatFigure({ digits, scale = 1 }, value) {
	return (value * scale).toLocaleString("en", {
		minimumFractionDigits: digits,
		maximumFractionDigits: digits,
	});
}

/** One case as rows of cells, the headings first. @param {Report} report @param {CaseReport} work @returns {string[][]} */
function rowsOf({ figures }, { summaries }) {
	const [first, ...others] = figures;
	const baselines = [...new Set(summaries.flatMap(({ ratios }) => Object.keys(ratios)))];
	/** @param {number} share */
	const percent = (share) => `${Math.round(share * 100)} %`;
	const headings = [
		"",
		`${first.unit} min`,
		"median",
		"max",
		...baselines.map((baseline) => `× ${baseline}`),
		...others.map(({ title, unit }) => `${title}, ${unit}`),
		"CPU server",
		"client",
	];
	const rows = summaries.map(({ implementation, figures: all, ratios, ...shares }) => [
		implementation,
		...[all[first.key]?.min, all[first.key]?.median, all[first.key]?.max].map((value) =>
			formatFigure(first, value ?? Number.NaN),
		),
		...baselines.map((baseline) => ratios[baseline]?.median.toFixed(2) ?? ""),
		...others.map((figure) => formatFigure(figure, all[figure.key]?.median ?? Number.NaN)),
		percent(shares.serverCpuShare.median),
		percent(shares.clientCpuShare.median) + (shares.clientCpuShare.median >= BOTTLENECK ? "!" : ""),
	]);
	return [headings, ...rows];
}

/** @param {Report} report @returns {string} */
export function textOf(report) {
	const { title, figures, cases, failures } = report;
	const parts = cases.flatMap((work) => [
		`${title}: ${work.name}`,
		...align(rowsOf(report, work)),
		"",
	]);
	return [
		...parts,
		`${figures[0].unit}: ${figures[0].title}.`,
		...LEGEND,
		...failures.map(({ name, round, message }) => `FAIL  ${message} (${name}, round ${round})`),
	].join("\n");
}

/** @param {Report} report @param {CaseReport} work @returns {string} */
export function markdownOf(report, work) {
	return markdownTable(rowsOf(report, work));
}

/** Columns but the first to the right. @param {readonly (readonly string[])[]} rows the headings first @returns {string} */
export function markdownTable([headings = [], ...rows]) {
	const marks = headings.map((_, column) => (column === 0 ? "---" : "--:"));
	return [headings, marks, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
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

// A report as a plot: an SVG of bars, one for each implementation, as long as its median; a line from the
// smallest to the largest of all rounds.

import { formatFigure } from "./table.js";
import { thousands } from "./workload.js";

/**
 * @typedef {import("./report.js").CaseReport} CaseReport
 * @typedef {import("./report.js").Report} Report
 * @typedef {import("./report.js").Summary} Summary
 *
 * @typedef {object} Palette
 * @property {string} paper
 * @property {string} ink
 * @property {string} faint for secondary text
 * @property {string} grid
 * @property {string} ours
 * @property {string} bare for the loops that do nothing else
 * @property {string} peer
 */

/** @type {Readonly<Record<"light" | "dark", Palette>>} */
export const PALETTES = {
	light: {
		paper: "#ffffff",
		ink: "#1f2328",
		faint: "#656d76",
		grid: "#d8dee4",
		ours: "#0969da",
		bare: "#8c959f",
		peer: "#c4a484",
	},
	dark: {
		paper: "#0d1117",
		ink: "#e6edf3",
		faint: "#8d96a0",
		grid: "#30363d",
		ours: "#58a6ff",
		bare: "#6e7681",
		peer: "#9a7b5a",
	},
};

const WIDTH = 760;
const MARGIN = 20;
const BARS_LEFT = 190;
const BARS_RIGHT = 600;
const ROW_HEIGHT = 26;
const BAR_HEIGHT = 14;
const HEAD_HEIGHT = 46;
const PANEL_HEAD_HEIGHT = 40;
const TICKS = 5;

/** @param {Report} report @param {Palette} palette @returns {string} */
export function plotOf(report, palette) {
	const { title, figures, cases } = report;
	const [{ key, title: figure, unit, scale = 1 }] = figures;
	const panels = cases.filter(({ summaries }) => summaries.length > 0);
	// The adapters' are several: each panel has its own.
	const baselines = new Set(
		panels.map(({ summaries }) => Object.keys(summaries[0]?.ratios ?? {})[0]),
	);
	const [baseline] = baselines.size === 1 ? baselines : [];
	const largest = Math.max(
		...panels.flatMap(({ summaries }) => summaries.map(({ figures: all }) => all[key]?.max ?? 0)),
	);
	const step = niceStep((largest * scale) / TICKS) / scale;
	const end = Math.ceil(largest / step) * step;
	/** @param {number} value */
	const x = (value) => BARS_LEFT + ((BARS_RIGHT - BARS_LEFT) * value) / end;

	let y = HEAD_HEIGHT;
	const parts = panels.map((panel) => {
		const top = y + PANEL_HEAD_HEIGHT;
		const bottom = top + panel.summaries.length * ROW_HEIGHT;
		const ticks = Array.from({ length: Math.round(end / step) + 1 }, (_, i) => i * step);
		const grid = ticks.map(
			(value) =>
				`<path d="M${round(x(value))} ${top}V${bottom}" stroke="${palette.grid}"/>` +
				text(round(x(value)), bottom + 14, thousands(Number((value * scale).toPrecision(6))), {
					fill: palette.faint,
					size: 10,
					anchor: "middle",
				}),
		);
		const bars = panel.summaries.map((summary, i) =>
			barOf(summary, report, palette, top + i * ROW_HEIGHT, x),
		);
		y = bottom + 16;
		return [
			text(MARGIN, top - 12, panel.name, { fill: palette.ink, size: 12, weight: 600 }),
			...grid,
			...bars,
		].join("\n");
	});
	const height = y + MARGIN;
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" role="img">`,
		`<title>${escapeXml(title)}: ${escapeXml(figure)}</title>`,
		`<rect width="${WIDTH}" height="${height}" rx="8" fill="${palette.paper}"/>`,
		text(MARGIN, 28, title, { fill: palette.ink, size: 15, weight: 600 }),
		text(MARGIN, 46, `${figure}, ${unit}`, { fill: palette.faint, size: 12 }),
		...(baseline === undefined
			? []
			: [
					text(WIDTH - MARGIN, 46, `× ${baseline}`, {
						fill: palette.faint,
						size: 12,
						anchor: "end",
					}),
				]),
		...parts,
		"</svg>",
		"",
	].join("\n");
}

/**
 * @param {Summary} summary @param {Report} report @param {Palette} palette
 * @param {number} top @param {(value: number) => number} x
 */
function barOf({ implementation, figures: all, ratios }, report, palette, top, x) {
	const [figure] = report.figures;
	const spread = all[figure.key];
	if (spread === undefined) return "";
	const ours = implementation === "sse-service" || implementation.startsWith("@sse-service/");
	const fill = ours
		? palette.ours
		: ratios[implementation] !== undefined
			? palette.bare
			: palette.peer;
	const middle = top + ROW_HEIGHT / 2;
	const ratio = Object.values(ratios)[0]?.median;
	const value = formatFigure(figure, spread.median);
	return [
		text(BARS_LEFT - 10, middle + 4, implementation, {
			fill: palette.ink,
			size: 12,
			anchor: "end",
			weight: ours ? 600 : 400,
		}),
		`<rect x="${BARS_LEFT}" y="${middle - BAR_HEIGHT / 2}" width="${round(Math.max(1, x(spread.median) - BARS_LEFT))}" height="${BAR_HEIGHT}" rx="2" fill="${fill}"/>`,
		`<path d="M${round(x(spread.min))} ${middle}H${round(x(spread.max))}M${round(x(spread.min))} ${middle - 3}v6M${round(x(spread.max))} ${middle - 3}v6" stroke="${palette.ink}" fill="none"/>`,
		text(BARS_RIGHT + 10, middle + 4, value, {
			fill: palette.ink,
			size: 12,
			weight: ours ? 600 : 400,
		}),
		ratio === undefined
			? ""
			: text(WIDTH - MARGIN, middle + 4, `× ${ratio.toFixed(2)}`, {
					fill: palette.faint,
					size: 12,
					anchor: "end",
				}),
	].join("");
}

/** 1, 2 or 5 times a power of ten, at least `least`. @param {number} least */
function niceStep(least) {
	const power = 10 ** Math.floor(Math.log10(least));
	return power * ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10);
}

/** @param {number} x @param {number} y @param {string} content @param {{ fill: string, size: number, anchor?: string, weight?: number }} style */
function text(x, y, content, { fill, size, anchor = "start", weight = 400 }) {
	return `<text x="${x}" y="${y}" fill="${fill}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}">${escapeXml(content)}</text>`;
}

/** @param {number} value */
function round(value) {
	return Math.round(value * 10) / 10;
}

/** @param {string} content */
function escapeXml(content) {
	return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/**
 * A panel: a title, the newest value, a chart of one or more series, and their names.
 */
import { clone, within } from "/shared/elements.js";

/** @typedef {{ name: string, points: readonly (readonly [t: number, value: number])[] }} Line */

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [300, 80];
const COLORS = 6;

/** @type {Readonly<Record<string, (value: number) => string>>} By the unit of the dashboard. */
const FORMATS = {
	short: (value) => compact(value),
	ops: (value) => `${compact(value)}/s`,
	bytes: (value) => inBytes(value),
	Bps: (value) => `${inBytes(value)}/s`,
	s: (value) => (value < 1 ? `${compact(value * 1_000)} ms` : `${compact(value)} s`),
};
const NUMBER = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** @param {number} value */
const compact = (value) => (Math.abs(value) < 0.005 ? "0" : NUMBER.format(value));

/** @param {number} value */
function inBytes(value) {
	const unit = Math.min(3, Math.max(0, Math.floor(Math.log10(Math.max(value, 1)) / 3)));
	return `${compact(value / 1_000 ** unit)} ${["B", "kB", "MB", "GB"][unit]}`;
}

/** @param {Element} parent @param {string} title @param {string} unit */
export function createPanel(parent, title, unit) {
	const element = clone("panel");
	const format = FORMATS[unit] ?? compact;
	within(element, ".title").textContent = title;
	within(element, ".value").textContent = "–";
	parent.append(element);

	return {
		element,
		/** @param {readonly Line[]} lines */
		draw(lines) {
			const seen = lines.filter(({ points }) => points.length > 0);
			const newest = seen.map(({ points }) => points.at(-1)?.[1] ?? 0);
			const most = Math.max(...newest, 0);
			const value = seen.length === 0 ? "no data" : format(most);
			within(element, ".value").textContent = value;
			within(element, "title").textContent = `${title}: ${value}`;
			drawLines(within(element, "svg"), seen);
			within(element, ".legend").replaceChildren(
				...(seen.length > 1 || seen[0]?.name ? seen.map(legendOf) : []),
			);
		},
	};
}

/** @param {Element} svg @param {readonly Line[]} lines */
function drawLines(svg, lines) {
	const all = lines.flatMap(({ points }) => points);
	const times = all.map(([t]) => t);
	const from = Math.min(...times);
	const width = Math.max(Math.max(...times) - from, 1);
	const most = Math.max(...all.map(([, value]) => value), 1e-6) * 1.1;
	/** @param {readonly (readonly [number, number])[]} points */
	const pathOf = (points) =>
		points
			.map(([t, value]) => [(WIDTH * (t - from)) / width, HEIGHT * (1 - value / most)])
			.map(([x = 0, y = 0]) => `${x.toFixed(1)} ${y.toFixed(1)}`)
			.join("L");
	const title = within(svg, "title");
	svg.replaceChildren(
		title,
		...lines.map(({ name, points }, at) => {
			const path = document.createElementNS(SVG, "path");
			path.setAttribute("class", "line");
			path.dataset.color = colorOf(name, at);
			path.setAttribute("d", `M${pathOf(points)}`);
			return path;
		}),
	);
}

/** @param {Line} line @param {number} at */
function legendOf({ name }, at) {
	const item = document.createElement("span");
	item.dataset.color = colorOf(name, at);
	item.textContent = name;
	return item;
}

/** A process has its own colour. @param {string} name @param {number} at */
function colorOf(name, at) {
	return ["teal", "violet", "amber"].includes(name) ? name : String(at % COLORS);
}

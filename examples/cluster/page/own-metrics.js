/**
 * The metrics of this process without a Prometheus: read each second, the last five minutes.
 */
import { clone, within } from "/shared/elements.js";
import { createPanel } from "./graph.js";

/**
 * @typedef {object} Chart
 * @property {string} title
 * @property {(now: Series, before: Series, seconds: number) => number} value
 * @property {string} unit
 *
 * @typedef {ReadonlyMap<string, number>} Series the sums over all labels, by name
 */

const MAX_POINTS = 300;

/** @param {string} name @returns {Chart["value"]} what it is now */
const level = (name) => (now) => now.get(name) ?? 0;
/** @param {string} name @returns {Chart["value"]} by how much it grows in a second */
const rate = (name) => (now, before, seconds) =>
	((now.get(name) ?? 0) - (before.get(name) ?? 0)) / seconds;
/** @param {string} name of a histogram in seconds @returns {Chart["value"]} the mean of the last second */
const mean = (name) => (now, before) => {
	const grown = (/** @type {string} */ part) =>
		(now.get(`${name}_${part}`) ?? 0) - (before.get(`${name}_${part}`) ?? 0);
	return grown("count") === 0 ? 0 : grown("sum") / grown("count");
};

/** @type {readonly Chart[]} */
const CHARTS = [
	{ title: "Connections", value: level("sse_connections"), unit: "short" },
	{ title: "Deliveries", value: rate("sse_events_sent_total"), unit: "ops" },
	{ title: "Streams ended", value: rate("sse_connections_closed_total"), unit: "ops" },
	{ title: "Gaps", value: rate("sse_gaps_total"), unit: "ops" },
	{ title: "From send to write", value: mean("sse_send_to_write_seconds"), unit: "s" },
	{ title: "From the log to here", value: mean("sse_log_lag_seconds"), unit: "s" },
];

/** @param {Element} parent */
export function createOwnMetrics(parent) {
	const row = clone("panel-row");
	within(row, "h3").textContent = "This process";
	parent.append(row);
	const shown = CHARTS.map(({ title, unit, value }) => ({
		panel: createPanel(within(row, "ul"), title, unit),
		value,
		/** @type {[number, number][]} */
		points: [],
	}));
	/** @type {{ at: number, series: Series } | undefined} */
	let last;

	return {
		/** @returns what is wrong, if anything */
		async read() {
			const answer = await fetch("/metrics").catch(() => undefined);
			if (!answer?.ok) return "This process has ended. Open the page of another one.";
			const now = { at: performance.now(), series: readSeries(await answer.text()) };
			if (last !== undefined) {
				for (const { panel, points, value } of shown) {
					points.push([now.at, value(now.series, last.series, (now.at - last.at) / 1_000)]);
					if (points.length > MAX_POINTS) points.shift();
					panel.draw([{ name: "", points }]);
				}
			}
			last = now;
			return "";
		},
	};
}

/** @param {string} text @returns {Series} */
function readSeries(text) {
	/** @type {Map<string, number>} */
	const sums = new Map();
	for (const [, name = "", value] of text.matchAll(/^(\w+)(?:\{.*\})? (\S+)$/gm)) {
		sums.set(name, (sums.get(name) ?? 0) + Number(value));
	}
	return sums;
}

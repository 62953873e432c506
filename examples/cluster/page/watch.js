/**
 * The inspector and the metrics of one process beside each other, and the faults.
 */
import { updateList, within } from "/shared/elements.js";
import { request } from "/shared/request.js";
import { openStream } from "/shared/stream.js";

/**
 * @import { Listeners } from "/shared/stream.js"
 * @import { Events } from "../streams.js"
 */

/**
 * @typedef {object} Chart
 * @property {string} title
 * @property {(now: Series, before: Series, seconds: number) => number} value
 * @property {string} unit
 *
 * @typedef {ReadonlyMap<string, number>} Series the sums over all labels, by name
 */

const READ_MS = 1_000;
const MAX_POINTS = 300;

/** @param {string} name @returns {Chart["value"]} what it is now */
const level = (name) => (now) => now.get(name) ?? 0;
/** @param {string} name @returns {Chart["value"]} by how much it grows in a second */
const rate = (name) => (now, before, seconds) =>
	((now.get(name) ?? 0) - (before.get(name) ?? 0)) / seconds;
/** @param {string} name of a histogram in seconds @returns {Chart["value"]} the mean of the last second, in ms */
const mean = (name) => (now, before) => {
	const grown = (/** @type {string} */ part) =>
		(now.get(`${name}_${part}`) ?? 0) - (before.get(`${name}_${part}`) ?? 0);
	return grown("count") === 0 ? 0 : (1_000 * grown("sum")) / grown("count");
};

/** @type {readonly Chart[]} */
const CHARTS = [
	{ title: "Connections", value: level("sse_connections"), unit: "" },
	{ title: "Deliveries", value: rate("sse_events_sent_total"), unit: "/s" },
	{ title: "Streams ended", value: rate("sse_connections_closed_total"), unit: "/s" },
	{ title: "Gaps", value: rate("sse_gaps_total"), unit: "/s" },
	{ title: "Send to write", value: mean("sse_send_to_write_seconds"), unit: "ms" },
	{ title: "Lag of the log", value: mean("sse_log_lag_seconds"), unit: "ms" },
];

/** @type {readonly { chart: Chart, points: number[] }[]} */
const shown = CHARTS.map((chart) => ({ chart, points: [] }));
/** @type {{ at: number, series: Series } | undefined} */
let last;

async function read() {
	const answer = await fetch("/metrics").catch(() => undefined);
	say(answer?.ok ? "" : "This process has ended. Open the page of another one.");
	if (!answer?.ok) return;
	const now = { at: performance.now(), series: readSeries(await answer.text()) };
	if (last !== undefined) {
		for (const { chart, points } of shown) {
			points.push(chart.value(now.series, last.series, (now.at - last.at) / 1_000));
			if (points.length > MAX_POINTS) points.shift();
		}
		updateList(within(document, "#charts"), "chart-row", shown, ({ chart }) => chart.title, draw);
	}
	last = now;
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

/** @param {HTMLElement} row @param {(typeof shown)[number]} what */
function draw(row, { chart, points }) {
	const value = `${(points.at(-1) ?? 0).toFixed(chart.unit === "" ? 0 : 1)} ${chart.unit}`.trim();
	within(row, ".title").textContent = chart.title;
	within(row, ".value").textContent = value;
	const most = Math.max(...points, 1) * 1.1;
	const step = 300 / Math.max(points.length - 1, 1);
	const line = points.map((point, at) => `${at * step} ${60 - (60 * point) / most}`).join("L");
	within(row, ".line").setAttribute("d", `M${line}`);
	within(row, ".area").setAttribute("d", `M${line}L300 60L0 60Z`);
	within(row, "title").textContent = `${chart.title}: ${value}`;
}

/** @param {string} text */
function say(text) {
	const problem = within(document, "#problem");
	if (problem.textContent !== text) problem.textContent = text;
}

/** Every process is asked to tell how all are. @type {Listeners<Events>} */
const listeners = {
	hello({ server }) {
		within(document, "#server").textContent = server;
	},
	fleet({ servers }) {
		updateList(
			within(document, "#servers"),
			"server-row",
			servers,
			({ name }) => name,
			(row, { name, state, pid }) => {
				row.dataset.state = state;
				within(row, ".name").textContent = name;
				within(row, "small").textContent = state;
				const button = /** @type {HTMLButtonElement} */ (within(row, "button"));
				button.dataset.wish = `kill ${name}`;
				button.ariaLabel = `Kill ${name}`;
				button.disabled = pid === undefined;
			},
		);
	},
};
openStream("/events?as=watching", listeners);

document.addEventListener("click", ({ target }) => {
	const { wish } = /** @type {HTMLElement} */ (target).dataset ?? {};
	if (wish === undefined) return;
	request("POST", "/wishes", { wish }).catch((error) => say(error.message));
});
await read();
setInterval(read, READ_MS);

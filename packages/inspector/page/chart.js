// The charts: a small one for each figure, and a large one of the figure that was chosen.
import { $, clock, el } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const HOUR = 3_600_000;

function svg(tag, attributes = {}) {
	const element = document.createElementNS(SVG, tag);
	for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
	return element;
}

/** The paths of values in a box of 1000 by 100. */
function paths(points, from, until, most) {
	const x = (t) => (1000 * (t - from)) / (until - from);
	const y = (value) => 100 - (100 * value) / most;
	const line = points
		.map(([t, value], at) => `${at ? "L" : "M"}${x(t).toFixed(1)} ${y(value).toFixed(1)}`)
		.join("");
	const [first, last] = [points[0], points.at(-1)];
	const area =
		points.length > 1 ? `${line}L${x(last[0]).toFixed(1)} 100L${x(first[0]).toFixed(1)} 100Z` : "";
	return [line, area];
}

export function spark() {
	const box = svg("svg", {
		viewBox: "0 0 1000 100",
		preserveAspectRatio: "none",
		"aria-hidden": "true",
	});
	const area = svg("path", { class: "area" });
	const line = svg("path", { class: "line" });
	box.append(area, line);
	return {
		box,
		set(points) {
			if (points.length < 2) return;
			const most = Math.max(...points.map(([, value]) => value), 1e-9) * 1.15;
			const [d, filled] = paths(points, points[0][0], points.at(-1)[0], most);
			line.setAttribute("d", d);
			area.setAttribute("d", filled);
		},
	};
}

/** A round number at or above a value. */
function roundUp(value) {
	if (value <= 0) return 1;
	const unit = 10 ** Math.floor(Math.log10(value));
	return [1, 2, 2.5, 5, 10].map((step) => step * unit).find((step) => step >= value) ?? 10 * unit;
}

/** The large chart. A pointer over it shows the value there. */
export function largeChart() {
	const plot = $("plot");
	const box = svg("svg", { viewBox: "0 0 1000 100", preserveAspectRatio: "none", role: "img" });
	const grid = svg("g");
	const area = svg("path", { class: "area" });
	const line = svg("path", { class: "line" });
	const cursor = svg("path", { class: "cursor" });
	box.append(grid, area, line, cursor);
	const labels = el("div");
	plot.append(box, labels);
	let now = { points: [], from: 0, until: 1, format: String, title: "" };

	plot.addEventListener("pointermove", ({ clientX }) => {
		const { left, width } = box.getBoundingClientRect();
		const { points, from, until } = now;
		if (points.length === 0 || width === 0) return;
		const t = from + ((clientX - left) / width) * (until - from);
		const nearest = points.reduce((best, each) =>
			Math.abs(each[0] - t) < Math.abs(best[0] - t) ? each : best,
		);
		const x = (1000 * (nearest[0] - from)) / (until - from);
		cursor.setAttribute("d", `M${x} 0V100`);
		$("chart-value").textContent = `${now.format(nearest[1])} at ${clock(nearest[0])}`;
	});
	plot.addEventListener("pointerleave", () => {
		cursor.removeAttribute("d");
		$("chart-value").textContent = now.caption;
	});

	return function draw(title, points, format) {
		const until = points.at(-1)?.[0] ?? Date.now();
		const from = Math.max(until - HOUR, Math.min(points[0]?.[0] ?? until, until - 60_000));
		const most = roundUp(Math.max(...points.map(([, value]) => value), 0));
		const minutes = Math.round((until - from) / 60_000);
		const caption = `last ${minutes === 1 ? "minute" : `${minutes} minutes`}`;
		now = { points, from, until, format, caption };
		$("chart-title").textContent = title;
		if (!cursor.hasAttribute("d")) $("chart-value").textContent = caption;
		box.setAttribute(
			"aria-label",
			`${title}, ${caption}: now ${format(points.at(-1)?.[1] ?? 0)}, at most ${format(Math.max(...points.map(([, value]) => value), 0))}`,
		);
		const [d, filled] = paths(points, from, until, most);
		line.setAttribute("d", d);
		area.setAttribute("d", filled);
		const levels = [0, 0.5, 1];
		grid.replaceChildren(
			...levels.map((level) => svg("path", { class: "grid", d: `M0 ${100 - 100 * level}H1000` })),
		);
		const [height, width] = [plot.clientHeight - 20, plot.clientWidth - 52];
		const ys = levels.map((level) => {
			const label = el("span", "y", format(most * level));
			label.style.top = `${height * (1 - level)}px`;
			return label;
		});
		const xs = [0.04, 0.27, 0.5, 0.73, 0.96].map((part) => {
			const label = el(
				"span",
				"x",
				clock(from + part * (until - from)).slice(0, until - from > 600_000 ? 5 : 8),
			);
			label.style.left = `${52 + width * part}px`;
			return label;
		});
		labels.replaceChildren(...ys, ...xs);
	};
}

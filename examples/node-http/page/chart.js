/**
 * A chart of one share, 0 to 1, over the last 90 seconds. It is drawn once per sample, one second ahead, and
 * slides over that second to where it belongs: movement costs no drawing. A dot follows the curve at its end.
 */
import { within } from "/shared/elements.js";
import { percent } from "./words.js";

/** @import { Sample } from "../machine.js" */
/** @typedef {readonly [x: number, y: number]} Point Seconds from the left, percent from the top. */

export const CHART_SECONDS = 90;
/** Samples further apart are not joined: nobody took one in between. */
const MAX_GAP_SECONDS = 3;
const SCALES = [0.1, 0.2, 0.5, 1];
const SLIDE_MS = 1_000;
/** A chart moves a few pixels in a second: this is as smooth as can be seen. */
const SLIDE_STEPS = 12;
/** What `curve` draws between two points, as an easing. */
const CURVE_EASING = "cubic-bezier(0.5, 0, 0.5, 1)";
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * @param {HTMLElement} figure
 * @param {(sample: Sample) => number} shareOf
 */
export function createChart(figure, shareOf) {
	const svg = within(figure, "svg");
	svg.setAttribute("viewBox", `0 0 ${CHART_SECONDS} 100`);

	return {
		/** @param {readonly Sample[]} samples oldest first, one at least @param {string} value the newest, in words */
		draw(samples, value) {
			const newest = /** @type {Sample} */ (samples.at(-1));
			const peak = Math.max(...samples.map(shareOf));
			const top = SCALES.find((scale) => peak <= scale) ?? 1;
			/** @type {Point[]} */
			const points = samples.map((sample) => [
				CHART_SECONDS + 1 + (sample.at - newest.at) / 1_000,
				100 * (1 - shareOf(sample) / top),
			]);
			const runs = splitAtGaps(points);
			within(svg, ".line").setAttribute("d", runs.map(curve).join(""));
			within(svg, ".area").setAttribute("d", runs.map(curveDownToZero).join(""));
			move(svg, ["none", `translateX(${-100 / CHART_SECONDS}%)`], `steps(${SLIDE_STEPS})`);
			const heights = (runs.at(-1) ?? []).slice(-2).map(([, y]) => `translateY(${y}%)`);
			move(within(figure, ".now"), heights, CURVE_EASING);

			within(figure, ".value").textContent = value;
			for (const [index, label] of figure.querySelectorAll(".y span").entries()) {
				label.textContent = percent((top * (2 - index)) / 2);
			}
		},
	};
}

/** @param {Element} element @param {string[]} transform @param {string} easing */
function move(element, transform, easing) {
	const duration = calm.matches ? 0 : SLIDE_MS;
	element.animate({ transform }, { duration, easing, fill: "forwards" });
}

/** @param {readonly Point[]} points */
function splitAtGaps(points) {
	/** @type {Point[][]} */
	const runs = [];
	let last = Number.NEGATIVE_INFINITY;
	for (const point of points) {
		if (point[0] - last > MAX_GAP_SECONDS) runs.push([]);
		runs.at(-1)?.push(point);
		last = point[0];
	}
	return runs;
}

/** A curve that is level at each point, so that it never overshoots one. @param {readonly Point[]} points */
function curve(points) {
	return points
		.map(([x, y], index) => {
			const [beforeX, beforeY] = points[index - 1] ?? [x, y];
			const middle = (beforeX + x) / 2;
			return index === 0 ? `M${x},${y}` : `C${middle},${beforeY} ${middle},${y} ${x},${y}`;
		})
		.join("");
}

/** @param {readonly Point[]} points */
function curveDownToZero(points) {
	return `${curve(points)}V100H${points[0]?.[0]}Z`;
}

/**
 * The proof: every number that came, by which process it came from, and whether one is missing or came twice.
 */
import { within } from "/shared/elements.js";

/** More than fit into the widest window. */
const MAX_BARS = 400;

export function createProof() {
	const strip = within(document, "#strip");
	const counts = { received: 0, replayed: 0, missed: 0, twice: 0, gaps: 0 };
	/** The last number. `undefined`: the next one begins. @type {number | undefined} */
	let last;
	/** The process that serves this tab now. `undefined`: it has not said hello. @type {string | undefined} */
	let server;

	/** @param {keyof typeof counts} what @param {number} [added] */
	function add(what, added = 1) {
		counts[what] += added;
		const figure = within(document, `#${what}`);
		figure.textContent = counts[what].toLocaleString("en");
		figure.dataset.count = String(counts[what]);
	}

	return {
		/** @param {number} number */
		take(number) {
			if (last !== undefined && number <= last) {
				add("twice");
				return;
			}
			if (last !== undefined && number > last + 1) add("missed", number - last - 1);
			last = number;
			add("received");
			const bar = document.createElement("span");
			bar.dataset.number = String(number);
			if (server !== undefined) bar.dataset.server = server;
			else {
				bar.className = "replayed";
				add("replayed");
			}
			strip.append(bar);
			if (strip.childElementCount > MAX_BARS) strip.firstElementChild?.remove();
		},

		/** Who it is comes behind what was missed. @param {string} name */
		hello(name) {
			server = name;
			for (const bar of strip.querySelectorAll(".replayed:not([data-server])")) {
				/** @type {HTMLElement} */ (bar).dataset.server = name;
			}
		},

		lost() {
			server = undefined;
		},

		/** A gap reports missing events, so none is missed silently, and the numbers may continue from anywhere. */
		gap() {
			last = undefined;
			add("gaps");
		},
	};
}

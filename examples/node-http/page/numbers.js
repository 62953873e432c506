/**
 * The numbers that came, one by one: which are missing, which came twice, and how each came.
 */
import { within } from "/shared/elements.js";

/** @typedef {"live" | "replayed" | "recovered" | "missing" | "twice"} Kind */

const MAX_SHOWN = 150;

/**
 * @param {object} wishes Each rejects with what to tell the user.
 * @param {() => Promise<void>} wishes.onCut
 * @param {() => Promise<void>} wishes.onOutrun
 */
export function createNumbers({ onCut, onOutrun }) {
	const strip = within(document, "#strip");
	const problem = within(document, "#numbers-problem");
	/** @type {Record<Kind, number>} */
	const counts = { live: 0, replayed: 0, recovered: 0, missing: 0, twice: 0 };
	/** @type {number | undefined} */
	let last;

	/** @param {Kind} kind @param {number} added */
	function add(kind, added) {
		counts[kind] += added;
		within(document, `#${kind}-count`).textContent = counts[kind].toLocaleString("en");
		for (let shown = 0; shown < Math.min(added, MAX_SHOWN); shown++) {
			const bar = document.createElement("span");
			bar.className = kind;
			strip.append(bar);
		}
		while (strip.childElementCount > MAX_SHOWN) strip.firstElementChild?.remove();
	}

	for (const [id, wish] of Object.entries({ cut: onCut, outrun: onOutrun })) {
		within(document, `#${id}`).onclick = async () => {
			problem.textContent = "";
			try {
				await wish();
			} catch (error) {
				problem.textContent = /** @type {Error} */ (error).message;
			}
		};
	}

	return {
		/** @param {number} number @param {"live" | "replayed"} kind */
		take(number, kind) {
			if (last !== undefined && number <= last) {
				add("twice", 1);
				return;
			}
			if (last !== undefined && number > last + 1) add("missing", number - last - 1);
			add(kind, 1);
			last = number;
		},

		/** The application has made up for all until this one. @param {number} number */
		recover(number) {
			// A lower one is that of a server that has been restarted.
			if (last !== undefined && number > last) add("recovered", number - last);
			last = number;
		},
	};
}

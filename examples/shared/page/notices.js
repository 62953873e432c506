/**
 * What everyone is sent: `#notice` shows the last of it, the form `#tell` sends more.
 */
import { within } from "./elements.js";
import { request } from "./request.js";
import { clockTime, plural } from "./words.js";

/**
 * @typedef {object} Notice
 * @property {string} text
 * @property {number} at In milliseconds since 1970.
 */

/** @param {Notice | null} notice */
export function showNotice(notice) {
	const place = within(document, "#notice");
	place.replaceChildren();
	if (notice === null) return;
	const time = document.createElement("time");
	time.textContent = clockTime(notice.at);
	place.append(notice.text, time);
}

/** Shows the form, or not. `POST /notices` answers with how many streams the text has `reached`. @param {boolean} isAllowed */
export function offerTelling(isAllowed) {
	const form = /** @type {HTMLFormElement} */ (within(document, "#tell"));
	const problem = within(form, "[role=alert]");
	form.hidden = !isAllowed;
	form.onsubmit = async (event) => {
		event.preventDefault();
		problem.textContent = "";
		try {
			const { reached } = await request("POST", "/notices", Object.fromEntries(new FormData(form)));
			within(form, ".hint").textContent = `It reached ${plural(reached, "tab")}.`;
			form.reset();
		} catch (error) {
			problem.textContent = /** @type {Error} */ (error).message;
		}
	};
}

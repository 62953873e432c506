/**
 * Messages: those that came, and one's own, sent until a process has answered.
 */
import { clone, paintAvatar, within } from "/shared/elements.js";
import { request } from "/shared/request.js";
import { clockTime } from "/shared/words.js";

/** @import { Events } from "../streams.js" */

const MAX_ROWS = 100;
const TRIES = 20;
const RETRY_MS = 500;

/** @param {string} me */
export function createMessages(me) {
	const feed = within(document, "#feed");
	const form = /** @type {HTMLFormElement} */ (within(document, "#compose"));
	const text = /** @type {HTMLInputElement} */ (within(form, "input"));
	const outcome = within(form, "#outcome");

	form.onsubmit = async (event) => {
		event.preventDefault();
		if (text.value.trim() === "") return;
		const message = { id: crypto.randomUUID(), from: me, text: text.value };
		text.value = "";
		outcome.textContent = "On its way.";
		outcome.textContent = await send(message);
	};

	/** By its id it comes once, however often it is sent. @param {object} message @returns what came of it */
	async function send(message) {
		for (let tries = 1; tries <= TRIES; tries++) {
			try {
				await request("POST", "/messages", message);
				return tries === 1 ? "The log has it." : `The log has it, after ${tries} attempts.`;
			} catch (error) {
				outcome.textContent = `${/** @type {Error} */ (error).message} Trying again.`;
				await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
			}
		}
		return "It may be lost: no process confirmed that the log has it.";
	}

	return {
		/** @param {Events["message"]} message */
		show({ at, from, text, server }) {
			const row = clone("message-row");
			paintAvatar(within(row, ".avatar"), from);
			within(row, ".from").textContent = from;
			const through = within(row, ".through");
			through.textContent = `through ${server}`;
			through.dataset.server = server;
			within(row, "time").textContent = clockTime(at);
			within(row, ".text").textContent = text;
			feed.append(row);
			if (feed.childElementCount > MAX_ROWS) feed.firstElementChild?.remove();
			feed.scrollTop = feed.scrollHeight;
		},
	};
}

/**
 * The feed: messages and notices, oldest first.
 */
import { clone, paintAvatar, within } from "/shared/elements.js";
import { clockTime } from "/shared/words.js";
import { roomLabel } from "./words.js";

/** @import { Message } from "../example.js" */

const MAX_ROWS = 200;

/** @param {HTMLElement} list @param {string} me */
export function createFeed(list, me) {
	/** Changes the list. A reader at its end stays there; one who reads further up stays there, too. @param {() => void} change */
	function scrollAfter(change) {
		const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
		change();
		if (atEnd) list.scrollTop = list.scrollHeight;
	}

	/** @param {HTMLElement} row @param {number} at */
	function append(row, at) {
		within(row, "time").textContent = clockTime(at);
		scrollAfter(() => list.append(row));
		if (list.children.length > MAX_ROWS) list.firstElementChild?.remove();
	}

	return {
		/** Shows a message, once, by whichever way it comes first: the stream, or the answer to its sender. @param {Message} message */
		show({ id, at, from, room, client, text }) {
			if (document.getElementById(id) !== null) return;
			const row = clone("message-row");
			row.id = id;
			row.classList.toggle("mine", from === me);
			paintAvatar(within(row, ".avatar"), from);
			within(row, ".from").textContent = from;
			within(row, ".to").textContent = room === undefined ? (client ?? "") : roomLabel(room);
			within(row, ".text").textContent = text;
			append(row, at);
		},

		/** @param {string} id @param {string} outcome */
		setOutcome(id, outcome) {
			const row = document.getElementById(id);
			if (row === null) return;
			scrollAfter(() => {
				within(row, ".outcome").textContent = outcome;
			});
		},

		/** @param {string} text */
		notice(text) {
			const row = clone("notice-row");
			within(row, "span").textContent = text;
			append(row, Date.now());
		},
	};
}

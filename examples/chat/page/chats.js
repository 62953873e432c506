/**
 * The chats of this browser: their ids and their first questions. The server lists them to nobody.
 */
import { updateList, within } from "/shared/elements.js";

const KEY = "chats";
const MAX_CHATS = 30;

/** Lists them, newest first. @param {string} current @param {string | undefined} title of the current one, once it has one */
export function showChats(current, title) {
	/** @type {{ id: string, title: string }[]} */
	let chats = JSON.parse(localStorage.getItem(KEY) ?? "[]");
	if (title !== undefined && !chats.some(({ id }) => id === current)) {
		chats = [{ id: current, title }, ...chats].slice(0, MAX_CHATS);
		localStorage.setItem(KEY, JSON.stringify(chats));
	}
	updateList(
		within(document, "#chats"),
		"chat-row",
		chats,
		({ id }) => id,
		(row, { id, title }) => {
			const link = /** @type {HTMLAnchorElement} */ (within(row, "a"));
			link.href = `/?chat=${encodeURIComponent(id)}`;
			link.textContent = title;
			link.ariaCurrent = id === current ? "page" : null;
		},
	);
}

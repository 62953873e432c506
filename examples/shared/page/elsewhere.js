/**
 * The stream of another origin, as the user who is signed in there.
 */
import { within } from "./elements.js";
import { openStream } from "./stream.js";

/**
 * @import { StreamError } from "/client/index.js"
 * @import { Listeners } from "./stream.js"
 */

/**
 * Someone who is not signed in there sees `#away`, with a link to it.
 * @template {object} Events
 * @param {string} origin
 * @param {Listeners<Events>} listeners
 * @param {() => void} onAway Nobody is signed in: what was shown must go.
 */
export function openElsewhere(origin, listeners, onAway) {
	const away = within(document, "#away");
	const link = /** @type {HTMLAnchorElement} */ (within(away, "a"));
	link.href = origin;

	function open() {
		away.hidden = true;
		openStream(`${origin}/events`, listeners, { credentials: "include", onError });
	}

	/** @param {StreamError} error */
	function onError({ final }) {
		if (!final) return;
		onAway();
		away.hidden = false;
		// Back from there, perhaps.
		window.addEventListener("focus", open, { once: true });
	}

	open();
}

/**
 * The log of a build, as long as it is shown: a stream of its own, which has all lines, and ends with the build.
 */
import { clone } from "/shared/elements.js";
import { openStream } from "/shared/stream.js";

/**
 * @import { Listeners } from "/shared/stream.js"
 * @import { LogEvents } from "../src/events.js"
 */

/** How a line looks, by how it begins. @type {readonly [pattern: RegExp, kind: string][]} */
const KINDS = [
	[/^\$ /, "command"],
	[/^✓|^live at/, "good"],
	[/^✗|Error|failed/, "bad"],
];

/** @param {HTMLElement} list */
export function createLog(list) {
	/** @type {ReturnType<typeof openStream> | undefined} */
	let stream;

	/** A reader at its end stays there; one who reads further up stays there, too. @param {string} text @param {string} kind */
	function append(text, kind) {
		const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
		const row = clone("line-row");
		row.textContent = text;
		row.dataset.kind = kind;
		list.append(row);
		if (atEnd) list.scrollTop = list.scrollHeight;
	}

	/** @type {Listeners<LogEvents>} */
	const listeners = {
		line: ({ text }) => append(text, KINDS.find(([pattern]) => pattern.test(text))?.[1] ?? ""),
		end({ passed }) {
			append(passed ? "The build has passed." : "The build has failed.", passed ? "good" : "bad");
			// Else the client would open it again.
			stream?.close();
		},
	};

	return {
		/** Shows another one. @param {string} url */
		open(url) {
			stream?.close();
			list.replaceChildren();
			stream = openStream(url, listeners);
			stream.onState((state) => {
				// It comes from the beginning again when it was interrupted.
				if (state === "open") list.replaceChildren();
			});
		},
	};
}

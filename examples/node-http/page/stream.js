/**
 * The stream of this tab, and the requests that name it.
 */

/** @import { Events } from "../example.js" */

/** A browser gives up on an answer that is no event stream, such as a proxy's 502. This page does not. */
const REOPEN_MS = 2_000;

/**
 * @param {string} url
 * @param {object} handlers
 * @param {(hello: Events["hello"]) => void} handlers.onHello The stream is open: the first time, or again.
 * @param {() => void} handlers.onLost It is not, and is being opened again.
 * @param {(sample: Events["sample"]) => void} handlers.onSample
 * @param {(presence: Events["presence"]) => void} handlers.onPresence
 * @param {(message: Events["message"]) => void} handlers.onMessage
 */
export function openStream(url, { onHello, onLost, onSample, onPresence, onMessage }) {
	/** The token that names the stream. `undefined` while it is not open. @type {string | undefined} */
	let tab;

	function open() {
		const source = new EventSource(url);
		source.addEventListener("hello", ({ data }) => {
			const hello = JSON.parse(data);
			tab = hello.tab;
			onHello(hello);
		});
		source.addEventListener("sample", ({ data }) => onSample(JSON.parse(data)));
		source.addEventListener("presence", ({ data }) => onPresence(JSON.parse(data)));
		source.addEventListener("message", ({ data }) => onMessage(JSON.parse(data)));
		source.addEventListener("error", () => {
			if (tab !== undefined) onLost();
			tab = undefined;
			// Else the browser tries again by itself, after the time that the server's `retryMs` set.
			if (source.readyState === EventSource.CLOSED) setTimeout(open, REOPEN_MS);
		});
	}

	open();

	return {
		/** @param {string} path @param {object} body @returns {Promise<any>} the answer @throws what to tell the user */
		async post(path, body) {
			if (tab === undefined) throw new Error("Not sent: the stream is not open.");
			const response = await fetch(path, {
				method: "POST",
				headers: { "Content-Type": "application/json" },
				body: JSON.stringify({ tab, ...body }),
			}).catch(() => {
				throw new Error("Not sent: the server cannot be reached.");
			});
			const answer = await response.json();
			if (!response.ok) throw new Error(answer.error);
			return answer;
		},
	};
}

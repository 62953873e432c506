/**
 * The stream of this tab, and the requests that name it.
 */
import { request } from "/shared/request.js";
import { openStream } from "./event-source.js";

/**
 * @import { Listeners } from "./event-source.js"
 * @import { Events } from "../example.js"
 */

/**
 * @param {string} url
 * @param {object} handlers
 * @param {(hello: Events["hello"]) => void} handlers.onHello The stream is open, and what was missed has come.
 * @param {() => void} handlers.onLost It is not, and is being opened again.
 * @param {(sample: Events["sample"]) => void} handlers.onSample
 * @param {(presence: Events["presence"]) => void} handlers.onPresence
 * @param {(message: Events["message"]) => void} handlers.onMessage
 * @param {(number: Events["number"], isReplayed: boolean) => void} handlers.onNumber
 * @param {(recovered: Events["recovered"]) => void} handlers.onRecovered
 */
export function openTab(url, handlers) {
	/** The token that names the stream. `undefined` while it is not open. @type {string | undefined} */
	let tab;

	/** @type {(hello: Events["hello"]) => void} */
	function hello(hello) {
		tab = hello.tab;
		handlers.onHello(hello);
	}

	/** Before the first event nobody has seen it open. */
	function lost() {
		if (tab !== undefined) handlers.onLost();
		tab = undefined;
	}

	/** @type {Listeners<Events>} */
	const listeners = {
		hello,
		sample: handlers.onSample,
		presence: handlers.onPresence,
		message: handlers.onMessage,
		number: (number) => handlers.onNumber(number, tab === undefined),
		recovered: handlers.onRecovered,
	};
	openStream(url, listeners, lost);

	return {
		/** @param {string} path @param {object} body @returns {Promise<any>} the answer @throws what to tell the user */
		async post(path, body) {
			if (tab === undefined) throw new Error("Not sent: the stream is not open.");
			return request("POST", path, { tab, ...body });
		},
	};
}

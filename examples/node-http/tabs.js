/**
 * The tabs: the stream of each, and for a while after it has ended the rooms it was in, because a tab reconnects.
 */

/** @import { SSEConnection } from "sse-service" */
/** @import { Events } from "./example.js" */

/** Longer than it takes to reconnect, with a browser that tries once a second. */
const FORGET_MS = 60_000;

export function createTabs() {
	/** The last stream of each tab, by its token. @type {Map<unknown, SSEConnection<Events>>} */
	const last = new Map();

	return {
		/** The open stream of a tab. @param {unknown} tab */
		find(tab) {
			const connection = last.get(tab);
			return connection?.closed ? undefined : connection;
		},

		/** What its last stream was in, or is. @param {string} tab */
		groupsOf(tab) {
			return last.get(tab)?.groups;
		},

		/** @param {string} tab @param {SSEConnection<Events>} connection */
		add(tab, connection) {
			last.set(tab, connection);
			connection.signal.addEventListener("abort", () => {
				const forget = () => last.get(tab) === connection && last.delete(tab);
				setTimeout(forget, FORGET_MS).unref();
			});
		},
	};
}

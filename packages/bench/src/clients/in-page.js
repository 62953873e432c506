// Starts a client in a page.

import { createSSEClient } from "@flamefrontend/sse-runtime-core";
import { fetchEventSource } from "@microsoft/fetch-event-source";
import { CLIENTS, receive, seen } from "./clients.js";

/** @type {typeof CLIENTS} */
const ALL = {
	...CLIENTS,
	"@microsoft/fetch-event-source": (url) =>
		fetchEventSource(url, {
			openWhenHidden: true,
			onmessage: ({ data, event }) => {
				if (event === "tick") receive(JSON.parse(data));
			},
		}),
	"sse-runtime-core": (url) =>
		createSSEClient({
			key: ["bench"],
			url,
			events: {
				/** @param {{ readonly index: number }} data */
				tick: (data) => receive(data),
			},
		}).connect(),
};

Object.assign(globalThis, {
	seen,
	/** @param {string} name @param {string} url */
	start: (name, url) => {
		ALL[name]?.(url);
	},
});

// The clients that are measured, each used as its own documentation says. Runs in the page.

import { createSSEClient } from "@flamefrontend/sse-runtime-core";
import { fetchEventSource } from "@microsoft/fetch-event-source";
import { openStream } from "@sse-service/client";
import { EventSourcePlus } from "event-source-plus";
import { createEventSource } from "eventsource-client";

/** The number in the last event, and how many there were. */
const seen = { last: -1, count: 0 };

/** Applications parse what they receive; so does each client here. @param {{ readonly index: number }} data */
function receive({ index }) {
	seen.last = index;
	seen.count++;
}

/** @type {Readonly<Record<string, (url: string) => unknown>>} */
const CLIENTS = {
	EventSource: (url) => {
		new EventSource(url).addEventListener("tick", (event) => {
			if (event instanceof MessageEvent) receive(JSON.parse(event.data));
		});
	},
	"@sse-service/client": (url) => {
		/** @type {import("@sse-service/client").EventStream<{ tick: { index: number } }>} */
		const stream = openStream(url);
		stream.on("tick", ({ data }) => receive(data));
	},
	"@microsoft/fetch-event-source": (url) =>
		fetchEventSource(url, {
			openWhenHidden: true,
			onmessage: ({ data, event }) => {
				if (event === "tick") receive(JSON.parse(data));
			},
		}),
	"eventsource-client": (url) =>
		createEventSource({
			url,
			onMessage: ({ data, event }) => {
				if (event === "tick") receive(JSON.parse(data));
			},
		}),
	"event-source-plus": (url) =>
		new EventSourcePlus(url).listen({
			onMessage: ({ data, event }) => {
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
		CLIENTS[name]?.(url);
	},
});

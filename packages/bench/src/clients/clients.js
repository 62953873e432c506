// The clients that run in a page and in Node, each used as its own documentation says.

import { openStream } from "@sse-service/client";
import { EventSourcePlus } from "event-source-plus";
import { createEventSource } from "eventsource-client";

/** The number in the last event, and how many there were. */
export const seen = { last: -1, count: 0 };

/** Applications parse what they receive; so does each client here. @param {{ readonly index: number }} data */
export function receive({ index }) {
	seen.last = index;
	seen.count++;
}

/** @type {Readonly<Record<string, (url: string) => unknown>>} */
export const CLIENTS = {
	EventSource: (url) => {
		new EventSource(url).addEventListener("tick", (event) => {
			receive(JSON.parse(event.data));
		});
	},
	"@sse-service/client": (url) => {
		/** @type {import("@sse-service/client").EventStream<{ tick: { index: number } }>} */
		const stream = openStream(url);
		stream.on("tick", ({ data }) => receive(data));
	},
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
};

/**
 * The clients that are compared, each used as its own documentation says. Runs in the page.
 */
import { createSSEClient } from "@flamefrontend/sse-runtime-core";
import { fetchEventSource } from "@microsoft/fetch-event-source";
import { openStream } from "@sse-service/client";
import { EventSourcePlus } from "event-source-plus";
import { createEventSource } from "eventsource-client";

interface Seen {
	/** The data of each event. */
	readonly received: string[];
	token: string;
}

const seen: Seen = { received: [], token: "old" };

function receive(data: unknown): void {
	seen.received.push(String(data));
}

const URL = "/stream";
const headers = (): { authorization: string } => ({ authorization: seen.token });
const refresh = (): void => {
	seen.token = "new";
};

const CLIENTS: Readonly<Record<string, () => unknown>> = {
	"@sse-service/client": () =>
		openStream<{ message: string }>(URL, { headers, onUnauthorized: refresh, parse: "text" }).on(
			"message",
			({ data }) => receive(data),
		),
	EventSource: () => new EventSource(URL).addEventListener("message", ({ data }) => receive(data)),
	"@microsoft/fetch-event-source": () =>
		fetchEventSource(URL, {
			headers: headers(),
			onmessage: ({ data, event }) => {
				// It calls this for blocks without data, too.
				if (event === "" && data !== "") receive(data);
			},
		}),
	"eventsource-client": () =>
		createEventSource({ url: URL, headers: headers(), onMessage: ({ data }) => receive(data) }),
	"event-source-plus": () =>
		new EventSourcePlus(URL, { headers }).listen({ onMessage: ({ data }) => receive(data) }),
	"sse-runtime-core": () =>
		createSSEClient<{ message: unknown }>({
			key: ["peers"],
			url: URL,
			headers,
			auth: { onUnauthorized: refresh, retryAfterRefresh: true },
			events: { message: receive },
		}).connect(),
};

Object.assign(globalThis, {
	seen,
	start: (name: string) => {
		CLIENTS[name]?.();
	},
});

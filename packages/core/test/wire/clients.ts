/**
 * Other people's clients that run on Node 20, each connected to a URL and reporting every event it gives its user.
 */
import { fetchEventSource } from "@microsoft/fetch-event-source";
import { EventSourcePlus } from "event-source-plus";
import { EventSource } from "eventsource";
import { createEventSource } from "eventsource-client";
import { EventSource as ExtendedEventSource } from "extended-eventsource";
import { stream as fetchEventStream } from "fetch-event-stream";
import { EventSource as LaunchDarklyEventSource } from "launchdarkly-eventsource";
import { parseServerSentEvents } from "parse-sse";
import { EventSource as UndiciEventSource } from "undici";
import type { SSEMessage } from "../../src/index.js";
import type { DispatchedEvent } from "./specification.js";

/** An event as a client reports it, without the last event ID if the client does not know that. */
export type ToldEvent = Omit<DispatchedEvent, "lastEventId"> & {
	readonly lastEventId?: string | undefined;
};

export interface Client {
	readonly name: string;
	/**
	 * Connect, and report every event until it is closed. Clients that have a listener for each type listen to `types`.
	 *
	 * @returns what closes it
	 */
	open(url: string, onEvent: (event: ToldEvent) => void, types?: readonly string[]): () => void;
	/** What it makes of an event where it deviates from the specification. */
	deviation?(event: DispatchedEvent, sent: SSEMessage): DispatchedEvent;
}

// They wait this long before they connect again, which no test waits for.
const NEVER_MS = 60_000;

/** 4.1.1. `lastEventId` is the event's own id, not the last one. */
export const eventsource: Client = {
	name: "eventsource",
	open: (url, onEvent, types) => {
		const source = new EventSource(url);
		listen(source, onEvent, types);
		return () => source.close();
	},
	deviation: (event, { id = "" }) => ({ ...event, lastEventId: String(id) }),
};

/** 7.30.2. */
export const undici: Client = {
	name: "undici",
	open: (url, onEvent, types) => {
		const source = new UndiciEventSource(url);
		listen(source as unknown as EventTarget, onEvent, types);
		return () => source.close();
	},
};

/** 1.2.0. */
export const eventsourceClient: Client = {
	name: "eventsource-client",
	open: (url, onEvent) => {
		const source = createEventSource({
			url,
			onMessage: ({ event, data }) =>
				onEvent({ type: event || "message", data, lastEventId: source.lastEventId ?? "" }),
		});
		return () => source.close();
	},
};

/** 2.2.0. */
export const launchDarklyEventSource: Client = {
	name: "launchdarkly-eventsource",
	open: (url, onEvent, types = ["message"]) => {
		const source = new LaunchDarklyEventSource(url, { initialRetryDelayMillis: NEVER_MS });
		for (const type of new Set([...types, "error"])) {
			// Its own events, such as an error of the connection, have no data.
			source.addEventListener(type, ({ data, lastEventId }) => {
				if (typeof data === "string") onEvent({ type, data, lastEventId });
			});
		}
		return () => source.close();
	},
};

/** 2.0.1. It takes `window` and `document` for granted, which its tests have to provide. */
const microsoft: Client = {
	name: "@microsoft/fetch-event-source",
	open: (url, onEvent) => {
		const controller = new AbortController();
		void fetchEventSource(url, {
			signal: controller.signal,
			onmessage: ({ event, data }) => onEvent({ type: event || "message", data }),
			onerror: (error) => {
				throw error;
			},
		});
		return () => controller.abort();
	},
};

/** 2.1.0. */
const extended: Client = {
	name: "extended-eventsource",
	open: (url, onEvent, types) => {
		const source = new ExtendedEventSource(url, { disableLogger: true, disableRetry: true });
		listen(source, onEvent, types);
		return () => source.close();
	},
};

/** 0.1.15. */
const eventSourcePlus: Client = {
	name: "event-source-plus",
	open: (url, onEvent) => {
		const controller = new EventSourcePlus(url, { retryStrategy: "on-error" }).listen({
			onMessage: ({ event, data }) => onEvent({ type: event, data }),
		});
		return () => controller.abort();
	},
};

/** 0.1.6. */
const fetchStream: Client = {
	name: "fetch-event-stream",
	open: (url, onEvent) => {
		const controller = new AbortController();
		void untilAborted(controller.signal, async () => {
			for await (const { event, data = "" } of await fetchEventStream(url, {
				signal: controller.signal,
			})) {
				onEvent({ type: event || "message", data });
			}
		});
		return () => controller.abort();
	},
};

/** 0.1.0. */
const parseSse: Client = {
	name: "parse-sse",
	open: (url, onEvent) => {
		const controller = new AbortController();
		void untilAborted(controller.signal, async () => {
			const response = await fetch(url, { signal: controller.signal });
			for await (const { type, data } of parseServerSentEvents(response)) onEvent({ type, data });
		});
		return () => controller.abort();
	},
};

export const CLIENTS: readonly Client[] = [
	eventsource,
	undici,
	eventsourceClient,
	microsoft,
	extended,
	launchDarklyEventSource,
	eventSourcePlus,
	fetchStream,
	parseSse,
];

function listen(
	source: EventTarget,
	onEvent: (event: ToldEvent) => void,
	types: readonly string[] = ["message"],
): void {
	for (const type of new Set(types)) {
		source.addEventListener(type, (event) => {
			// `open` and `error` are also events of the client's own, which carry no data.
			if ("data" in event) onEvent(event as unknown as DispatchedEvent);
		});
	}
}

async function untilAborted(signal: AbortSignal, read: () => Promise<void>): Promise<void> {
	try {
		await read();
	} catch (error) {
		if (!signal.aborted) throw error;
	}
}

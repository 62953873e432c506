/**
 * What an application makes of an EventSource that must miss nothing, in Chromium or on Node.
 */
import { eventually } from "@sse-service/testing";
import type { TestBrowser } from "@sse-service/testing/browser";
import { EventSource } from "eventsource";

export interface Receiver {
	/** How many events it has received. */
	count(): Promise<number>;
	/** Type and data of each, in order. */
	received(): Promise<readonly string[]>;
	close(): Promise<void>;
}

/** Opens a receiver of `url`, which allows other origins. `page`: of any page on 127.0.0.1. */
export type OpenReceiver = (url: string, page: string) => Promise<Receiver>;

/** Only what both kinds have: it runs in the page as well. */
type AnyEventSource = typeof EventSource;

/** Self-contained, because its source is sent to a page. */
function receive(Source: AnyEventSource, url: string): { received: string[]; close(): void } {
	const received: string[] = [];
	// An empty one, after the first, says that it reconnects and has received nothing.
	let lastEventId: string | undefined;
	let source: InstanceType<AnyEventSource>;
	function open(): void {
		source = new Source(
			lastEventId === undefined ? url : `${url}?lastEventId=${encodeURIComponent(lastEventId)}`,
		);
		lastEventId ??= "";
		for (const type of ["message", "gap"]) {
			source.addEventListener(type, (event) => {
				received.push(`${event.type} ${event.data}`);
				// That of Node tells the event's own.
				lastEventId = event.lastEventId || lastEventId;
			});
		}
		// It has given up, as it does when the answer's headers were cut short before their content type.
		source.addEventListener("error", () => {
			if (source.readyState === source.CLOSED) setTimeout(open, 1);
		});
	}
	open();
	return { received, close: () => source.close() };
}

/** Resolves once it has received this many events. */
export async function untilReceived({ count }: Receiver, least: number): Promise<void> {
	let has = 0;
	await eventually(
		async () => {
			has = await count();
			return has >= least;
		},
		() => `${least} events, of which ${has} are here`,
	);
}

export const openOnNode: OpenReceiver = async (url) => {
	const { received, close } = receive(EventSource, url);
	return {
		count: async () => received.length,
		received: async () => received,
		close: async () => close(),
	};
};

/** All in one window, opened for the first: it takes the browser a second of CPU to open one. */
export function openInBrowser(browser: () => TestBrowser): OpenReceiver {
	let opening: ReturnType<TestBrowser["openWindow"]> | undefined;
	return async (url, page) => {
		opening ??= browser().openWindow(page);
		const window = await opening;
		const index: number = await window.evaluate(`{
			const receive = ${receive};
			window.receivers ??= [];
			window.receivers.push(receive(EventSource, ${JSON.stringify(url)})) - 1;
		}`);
		const own = `window.receivers[${index}]`;
		return {
			count: () => window.evaluate(`${own}.received.length`),
			received: () => window.evaluate(`${own}.received`),
			close: () => window.evaluate(`${own}.close()`),
		};
	};
}

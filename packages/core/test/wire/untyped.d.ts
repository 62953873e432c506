/** What the tests use of packages, and of parts of packages, that come without types. */

declare module "launchdarkly-eventsource" {
	interface LaunchDarklyEvent {
		readonly type: string;
		readonly data?: string;
		readonly lastEventId?: string;
	}
	export class EventSource {
		constructor(url: string, init?: { readonly initialRetryDelayMillis?: number });
		addEventListener(type: string, listener: (event: LaunchDarklyEvent) => void): void;
		close(): void;
	}
}

declare module "undici/lib/web/eventsource/eventsource-stream.js" {
	import type { Writable } from "node:stream";

	interface UndiciEvent {
		readonly type: string;
		readonly options: { readonly data: string; readonly lastEventId: string };
	}
	export const EventSourceStream: new (options: {
		readonly eventSourceSettings: { lastEventId: string; reconnectionTime?: number };
		readonly push: (event: UndiciEvent | null) => boolean;
	}) => Writable;
}

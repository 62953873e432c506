/**
 * The open sinks, by the response that each is on: listeners find theirs by it, and so does a target that is a response.
 */
import type { SinkListener } from "./sink.js";

export interface OpenSink {
	/** The connection. */
	readonly listener: SinkListener | undefined;
	/** The response has ended, by whomever. */
	finish(): void;
	/** Let go of the response. @returns who listened */
	detach(): SinkListener | undefined;
}

// Versioned and global, so that the ESM and the CommonJS copy find each other's streams.
const KEY = Symbol.for("sse-service.open-sinks.v1");
const holder = globalThis as { [KEY]?: Map<object, OpenSink> };
holder[KEY] ??= new Map();

// Not a property of the response: Express gives each a shape of its own, and to add one is dear.
export const openSinks: Map<object, OpenSink> = holder[KEY];

/** Who listens to the open stream on `response` (the connection), or `undefined` when there is none. */
export function listenerOn(response: object): SinkListener | undefined {
	return openSinks.get(response)?.listener;
}

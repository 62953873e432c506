/**
 * The open sinks, by the response that each is on: listeners find theirs by it, and so does a target that is a response.
 */
import { isObject } from "../checks/errors.js";
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

/** The response itself, or the one that a framework's wrapper carries as `raw`; `undefined` when it is none that carries streams. */
export function responseOf(value: unknown): object | undefined {
	if (!isObject(value)) return undefined;
	// What is known is not looked at: each look at a property is a search in Express's.
	if (openSinks.has(value)) return value;
	const raw = isObject(value.raw) ? value.raw : value;
	return "setHeader" in raw || raw instanceof Response ? raw : undefined;
}

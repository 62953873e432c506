/**
 * The open sinks, by response: the shared listeners look their sink up here, and so does a target that is a response.
 */
import { isObject } from "../checks/errors.js";
import type { SinkListener } from "./sink.js";

export interface OpenSink {
	/** Node's response, if a layer writes this one's body there. */
	readonly carrier?: object | undefined;
	/** The connection. */
	readonly listener: SinkListener | undefined;
	/** Call when the response has ended, for whatever reason. */
	finish(): void;
	/** Releases the response. @returns the listener */
	detach(): SinkListener | undefined;
}

// Versioned and global, so that the ESM and the CommonJS copy find each other's streams.
const KEY = Symbol.for("sse-service.open-sinks.v1");
const holder = globalThis as { [KEY]?: Map<object, OpenSink> };
holder[KEY] ??= new Map();

// Not a property of the response: Express gives each a hidden class of its own, so adding one is expensive.
export const openSinks: Map<object, OpenSink> = holder[KEY];

/** Returns the listener of the open stream on `response` (the connection), or `undefined` if no stream is open. */
export function listenerOn(response: object): SinkListener | undefined {
	return openSinks.get(response)?.listener;
}

/** Returns Node's response behind the response of an open stream, if a layer writes to one; otherwise the response itself. */
export function carrierOf<Response extends object>(response: Response): Response {
	return (openSinks.get(response)?.carrier as Response | undefined) ?? response;
}

/** Returns the response itself, or the one that a wrapper carries as `raw`; `undefined` if it cannot carry a stream. */
export function responseOf(value: unknown): object | undefined {
	if (!isObject(value)) return undefined;
	// A known response needs no property reads, which are slow on Express's objects.
	if (openSinks.has(value)) return value;
	const raw = isObject(value.raw) ? value.raw : value;
	return "setHeader" in raw || raw instanceof Response ? raw : undefined;
}

/**
 * An event stream of `@sse-service/client`, with a listener for each event type.
 */
import { openStream as open } from "/client/index.js";

/** @import { EventStream, StreamOptions } from "/client/index.js" */

/** An example's server is back soon after it was ended. */
const MAX_RETRY_MS = 2_000;

/**
 * By event type, given the data.
 * @template {object} Events
 * @typedef {{ [Type in keyof Events]?: (data: Events[Type]) => void }} Listeners
 */

/**
 * @template {object} Events
 * @param {string} url
 * @param {Listeners<Events>} listeners
 * @param {StreamOptions} [options]
 */
export function openStream(url, listeners, options) {
	/** @type {EventStream} */
	const stream = open(url, { retry: { maxMs: MAX_RETRY_MS }, ...options });
	for (const [type, listener] of Object.entries(listeners)) {
		stream.on(type, ({ data }) => listener(data));
	}
	return stream;
}

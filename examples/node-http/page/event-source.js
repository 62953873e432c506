/**
 * An event stream over the browser's own `EventSource`, that reconnects, whatever ended it.
 */

/** A browser gives up on an answer that is no event stream, such as a proxy's 502. This does not. */
const REOPEN_MS = 2_000;

/**
 * By event type, given the data.
 * @template {object} Events
 * @typedef {{ [Type in keyof Events]?: (data: Events[Type]) => void }} Listeners
 */

/**
 * @template {object} Events
 * @param {string} url
 * @param {Listeners<Events>} listeners
 * @param {() => void} onLost It is not open, and is being opened again.
 */
export function openStream(url, listeners, onLost) {
	/** A browser gives it back by itself; one that has given up does not. */
	let lastEventId = "";

	function open() {
		const address = new URL(url, location.href);
		if (lastEventId !== "") address.searchParams.set("lastEventId", lastEventId);
		const source = new EventSource(address);
		for (const [type, listener] of Object.entries(listeners)) {
			source.addEventListener(type, (event) => {
				lastEventId = event.lastEventId;
				listener(JSON.parse(event.data));
			});
		}
		source.addEventListener("error", () => {
			onLost();
			// Else the browser tries again by itself, after the time that the server's `retryMs` set.
			if (source.readyState === EventSource.CLOSED) setTimeout(open, REOPEN_MS);
		});
	}

	open();
}

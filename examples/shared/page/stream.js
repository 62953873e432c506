/**
 * An event stream that comes back, whatever ended it.
 */

/** A browser gives up on an answer that is no event stream, such as a proxy's 502. This does not. */
const REOPEN_MS = 2_000;

/**
 * @typedef {object} StreamOptions
 * @property {boolean} [withCredentials] Send cookies to another origin. Default false.
 * @property {() => void} [onOpen] It is open: the first time, or again.
 * @property {() => void} [onLost] It was open, and is being opened again.
 * @property {() => Promise<boolean>} [onRefused] The answer was no event stream. Whether to continue trying; default: yes.
 */

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
export function openStream(url, listeners, options = {}) {
	const { withCredentials = false, onOpen, onLost, onRefused } = options;
	let isOpen = false;
	let isClosed = false;
	/** A browser gives it back by itself; one that has given up does not. */
	let lastEventId = "";
	/** @type {EventSource} */
	let source;

	function open() {
		if (isClosed) return;
		const address = new URL(url, location.href);
		if (lastEventId !== "") address.searchParams.set("lastEventId", lastEventId);
		source = new EventSource(address, { withCredentials });
		for (const [type, listener] of Object.entries(listeners)) {
			source.addEventListener(type, (event) => {
				lastEventId = event.lastEventId;
				listener(JSON.parse(event.data));
			});
		}
		source.addEventListener("open", () => {
			isOpen = true;
			onOpen?.();
		});
		source.addEventListener("error", onError);
	}

	async function onError() {
		if (isOpen) onLost?.();
		isOpen = false;
		// Else the browser tries again by itself, after the time that the server's `retryMs` set.
		if (source.readyState !== EventSource.CLOSED) return;
		if ((await onRefused?.()) !== false) setTimeout(open, REOPEN_MS);
	}

	open();

	return {
		close() {
			isClosed = true;
			source.close();
		},
	};
}

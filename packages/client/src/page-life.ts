/**
 * The life of the page and its network: hidden, kept in the back/forward cache, online again. Outside of a browser there is no
 * page, and no event occurs.
 */
// The last is an event of the document, which bubbles.
const EVENTS = ["pagehide", "pageshow", "online", "visibilitychange"] as const;

export type PageEvent = (typeof EVENTS)[number];

/** The parts of a window that are used here. */
interface Page {
	readonly addEventListener?: EventTarget["addEventListener"];
	readonly document?: { readonly visibilityState: string };
}

const page = globalThis as Page;

export function isHidden(): boolean {
	return page.document?.visibilityState === "hidden";
}

/**
 * Calls `listener` when the page is put into the back/forward cache or restored from there, when the network returns, and when
 * the page becomes visible or hidden. @returns a function that removes it
 */
export function onPageLife(listener: (event: PageEvent) => void): () => void {
	const controller = new AbortController();
	for (const event of EVENTS) {
		page.addEventListener?.(event, () => listener(event), { signal: controller.signal });
	}
	return () => controller.abort();
}

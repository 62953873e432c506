/**
 * The life of the page and its network: hidden, kept in the back/forward cache, offline. Outside of a browser there is no page,
 * and no event occurs.
 */
type Listener = () => void;

/** The parts of a window and its document that are used here. */
interface Page {
	addEventListener?(type: string, listener: Listener): void;
	removeEventListener?(type: string, listener: Listener): void;
	readonly document?: EventTarget & { readonly visibilityState: string };
	readonly navigator?: { readonly onLine?: boolean };
}

const page = globalThis as Page;

export function isOffline(): boolean {
	// Node has a `navigator` without `onLine`.
	return page.navigator?.onLine === false && page.addEventListener !== undefined;
}

export function isHidden(): boolean {
	return page.document?.visibilityState === "hidden";
}

/**
 * Calls `listener` when the page becomes visible or hidden, is restored from or put into the back/forward cache, or when
 * the network returns. @returns a function that removes it
 */
export function onPageLife(listener: (change: "away" | "back" | "visibility") => void): Listener {
	const away = (): void => listener("away");
	const back = (): void => listener("back");
	const visibility = (): void => listener("visibility");
	const { document } = page;
	page.addEventListener?.("pagehide", away);
	page.addEventListener?.("pageshow", back);
	page.addEventListener?.("online", back);
	document?.addEventListener("visibilitychange", visibility);
	return () => {
		page.removeEventListener?.("pagehide", away);
		page.removeEventListener?.("pageshow", back);
		page.removeEventListener?.("online", back);
		document?.removeEventListener("visibilitychange", visibility);
	};
}

/**
 * Where a position outlives its page: the session storage of the tab.
 */
const PREFIX = "sse-service:position:";

// The browser may deny a page its storage. Then nothing is kept.
function storage(): Storage | undefined {
	try {
		return (globalThis as { sessionStorage?: Storage }).sessionStorage;
	} catch {
		return undefined;
	}
}

export function loadPosition(name: string | undefined): string | undefined {
	return name === undefined ? undefined : (storage()?.getItem(PREFIX + name) ?? undefined);
}

export function savePosition(name: string | undefined, id: string): void {
	if (name === undefined) return;
	try {
		storage()?.setItem(PREFIX + name, id);
	} catch {
		// The storage is full, so a reload starts without a position.
	}
}

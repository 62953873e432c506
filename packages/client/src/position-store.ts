/**
 * Where a position outlives its page: the session storage of the tab.
 */
const PREFIX = "sse-service:position:";

// A page may be refused its own storage: then there is none.
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
		// It is full: a reload begins anew.
	}
}

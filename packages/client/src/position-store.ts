/**
 * Where a position outlives its page: the session storage of the tab.
 */
const PREFIX = "sse-service:position:";

export function loadPosition(name: string | undefined): string | null | undefined {
	return name === undefined ? undefined : use((storage) => storage.getItem(PREFIX + name));
}

export function savePosition(name: string | undefined, id: string): void {
	if (name !== undefined) use((storage) => storage.setItem(PREFIX + name, id));
}

// There may be no storage, the browser may deny it to a page, and it may be full. Then nothing is kept.
function use<Value>(act: (storage: Storage) => Value): Value | undefined {
	try {
		return act(sessionStorage);
	} catch {
		return undefined;
	}
}

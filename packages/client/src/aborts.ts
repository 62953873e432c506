/**
 * The streams that end with a signal of the application. Those of one signal share a listener: Node 20 warns about more than ten.
 */
const closersOf = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `close` when the signal aborts. @returns a function that prevents it */
export function onAbort(signal: AbortSignal, close: () => void): () => void {
	const closers = closersOf.get(signal) ?? new Set();
	closersOf.set(signal, closers.add(close));
	// Has no effect for a function that was added before.
	signal.addEventListener("abort", closeAll);
	return () => closers.delete(close);
}

function closeAll(this: AbortSignal): void {
	for (const close of closersOf.get(this) ?? []) close();
}

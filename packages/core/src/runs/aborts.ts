/**
 * What a signal of the application ends. All of it shares one listener: Node warns about a signal with more than ten.
 */
const callsOf = new WeakMap<AbortSignal, Set<() => void>>();

/** Makes a call when a signal aborts. @returns a function that prevents it */
export function onAborted(signal: AbortSignal, call: () => void): () => void {
	const calls = callsOf.get(signal) ?? new Set();
	if (calls.size === 0) signal.addEventListener("abort", callAll);
	callsOf.set(signal, calls.add(call));
	return () => {
		calls.delete(call);
		if (calls.size === 0) signal.removeEventListener("abort", callAll);
	};
}

function callAll(this: AbortSignal): void {
	for (const call of callsOf.get(this) ?? []) call();
}

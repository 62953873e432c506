/**
 * Callbacks of the application, which may throw or reject.
 */

/** Runs a callback. What it throws, or what a returned promise or thenable rejects with, goes to `onFailure`. */
export function attempt(callback: () => unknown, onFailure: (error: unknown) => void): void {
	try {
		Promise.resolve(callback()).catch(onFailure);
	} catch (error) {
		onFailure(error);
	}
}

/** Wraps an `onError` of the application. Its own errors have no receiver, so they are dropped. */
export function guarded<Args extends unknown[]>(
	onError: ((...args: Args) => unknown) | undefined,
): (...args: Args) => void {
	return (...args) =>
		attempt(
			() => onError?.(...args),
			() => {},
		);
}

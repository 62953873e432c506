/**
 * Waiting with a limit: for a promise that may never settle, and for a fixed time.
 */
import { SSEError } from "../checks/errors.js";

// Slower links between servers are rare, and with more time a connection that delivers nothing would be noticed later.
const SLOWEST_LENGTH_PER_MS = 256;
const MAX_SENDING_MS = 32_000;

/** Resolves after `ms` milliseconds, or as soon as the signal aborts. Does not keep the process alive. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		if (signal?.aborted) return resolve();
		const end = (): void => {
			clearTimeout(timer);
			signal?.removeEventListener("abort", end);
			resolve();
		};
		const timer = setTimeout(end, ms).unref();
		signal?.addEventListener("abort", end);
	});
}

/**
 * Resolves to the value of `promise`, if it settles in time.
 *
 * @param ms 0: no limit
 * @param what the name of the work in the error message
 * @param signal ends the wait; the returned promise then rejects with the signal's reason
 * @throws (rejects) what `promise` rejects with; `ERR_SSE_TIMEOUT` after `ms`
 */
export async function within<T>(
	ms: number,
	promise: Promise<T>,
	what = "It",
	signal?: AbortSignal,
): Promise<T> {
	if (ms === 0 && signal === undefined) return promise;
	let stop = (): void => {};
	const stopped = new Promise<never>((_, reject) => {
		const expire = (): void =>
			reject(new SSEError("ERR_SSE_TIMEOUT", `${what} took longer than ${Math.round(ms)} ms`));
		const timer = ms === 0 ? undefined : setTimeout(expire, ms).unref();
		const onAbort = (): void => reject(signal?.reason);
		signal?.addEventListener("abort", onAbort);
		stop = () => {
			clearTimeout(timer);
			signal?.removeEventListener("abort", onAbort);
		};
		if (signal?.aborted) onAbort();
	});
	try {
		return await Promise.race([promise, stopped]);
	} finally {
		stop();
	}
}

/**
 * How much longer than others a call may take that sends so much, in milliseconds: as long as a link of 2 Mbit/s takes for it, at
 * most 32 seconds.
 *
 * @param length in bytes, or in characters, where counting bytes would take time
 */
export function sendingMs(length: number): number {
	return Math.min(MAX_SENDING_MS, length / SLOWEST_LENGTH_PER_MS);
}

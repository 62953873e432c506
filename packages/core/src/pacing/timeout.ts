/**
 * Waiting with an end: for what may never come, and for a while.
 */
import { SSEError } from "../checks/errors.js";

/** Resolves after so many milliseconds, or as soon as the signal aborts. It keeps no process alive. */
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
 * What `promise` resolves to.
 *
 * @param ms 0: however long it takes
 * @param what as the error calls it
 * @param signal ends the wait: what it aborts with is what this rejects with
 * @throws (rejects) what `promise` rejects with, and `ERR_SSE_TIMEOUT` when it takes longer
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
			reject(new SSEError("ERR_SSE_TIMEOUT", `${what} took longer than ${ms} ms`));
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

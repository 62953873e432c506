/**
 * A deadline for what may never come.
 */
import { SSEError } from "../checks/errors.js";

/** Resolves after so many milliseconds. */
export function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * What `promise` resolves to.
 *
 * @param ms 0: however long it takes
 * @param what as the error calls it
 * @throws (rejects) what it rejects with, and `ERR_SSE_TIMEOUT` when it takes longer
 */
export async function within<T>(ms: number, promise: Promise<T>, what = "It"): Promise<T> {
	if (ms === 0) return promise;
	let timer: ReturnType<typeof setTimeout> | undefined;
	const deadline = new Promise<never>((_, reject) => {
		const expire = (): void =>
			reject(new SSEError("ERR_SSE_TIMEOUT", `${what} took longer than ${ms} ms`));
		timer = setTimeout(expire, ms);
		timer.unref();
	});
	try {
		return await Promise.race([promise, deadline]);
	} finally {
		clearTimeout(timer);
	}
}

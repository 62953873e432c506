/**
 * A connection of our own: opened in time, and asked in time. One can be up and bring nothing, which nothing else shows.
 */
import type { RedisClient, RedisConnection } from "./client.js";

const CONNECT_TIMEOUT_MS = 10_000;

/** @throws (rejects) when it takes too long, and as soon as the signal aborts: nothing stays open then */
export async function openConnection(
	redis: RedisClient,
	key: string,
	signal: AbortSignal,
): Promise<RedisConnection> {
	signal.throwIfAborted();
	const connecting = redis.connect(key);
	try {
		return await inTime(connecting, CONNECT_TIMEOUT_MS, signal);
	} catch (error) {
		// It may be there later.
		connecting.then((late) => late.destroy()).catch(() => {});
		throw error;
	}
}

/** What a promise resolves to. @throws (rejects) when that takes too long, and as soon as the signal aborts */
export async function inTime<T>(promise: Promise<T>, ms: number, signal?: AbortSignal): Promise<T> {
	let stop = (): void => {};
	const stopped = new Promise<never>((_, reject) => {
		const timer = setTimeout(() => reject(new Error(`It did not answer within ${ms} ms`)), ms);
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

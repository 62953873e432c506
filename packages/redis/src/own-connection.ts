/**
 * A connection of our own: opened in time, and asked in time. One can be up and bring nothing, which nothing else shows.
 */
import { within } from "sse-service/engine";
import type { RedisClient, RedisConnection } from "./clients/client.js";

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
		return await within(CONNECT_TIMEOUT_MS, connecting, "Connecting to Redis", signal);
	} catch (error) {
		// It may be there later.
		connecting.then((late) => late.destroy()).catch(() => {});
		throw error;
	}
}

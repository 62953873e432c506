/**
 * An own connection, with time limits for opening and for answers: a connection can stay up and deliver nothing, which only a time
 * limit detects.
 */
import { within } from "sse-service/engine";
import type { RedisClient, RedisConnection } from "./clients/client.js";

const CONNECT_TIMEOUT_MS = 10_000;

/** @throws (rejects) if it takes too long, and as soon as the signal aborts; nothing stays open then */
export async function openConnection(
	redis: RedisClient,
	key: string,
	signal: AbortSignal,
): Promise<RedisConnection> {
	signal.throwIfAborted();
	const attempt = new AbortController();
	const connecting = redis.connect(key, attempt.signal);
	try {
		return await within(CONNECT_TIMEOUT_MS, connecting, "Connecting to Redis", signal);
	} catch (error) {
		// A server that accepts connections and does not answer would otherwise be left with each.
		attempt.abort();
		connecting.then((late) => late.destroy()).catch(() => {});
		throw error;
	}
}

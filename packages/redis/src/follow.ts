/**
 * Follows the stream on a connection of its own, because a blocking read delays all commands behind it.
 */
import { type Stored, within } from "sse-service/engine";
import type { RedisClient, RedisConnection } from "./clients/client.js";
import { readStream } from "./entries.js";
import { openConnection } from "./own-connection.js";
import type { Stride } from "./stride.js";

/** A read blocks in Redis for at most two seconds. */
const WAIT = ["BLOCK", "2000"];

/** Implements `follow` of an engine. @param stride the same for each time that the stream is followed */
export async function followStream(
	redis: RedisClient,
	key: string,
	stride: Stride,
	after: number,
	take: (stored: readonly Stored[]) => void,
	signal: AbortSignal,
): Promise<void> {
	if (signal.aborted) return;
	let connection: RedisConnection | undefined;
	try {
		connection = await openConnection(redis, key, signal);
		// The first read does not wait: its answer shows that the stream can be followed.
		let wait: readonly string[] = [];
		for (let from = `${after}-0`; ; wait = WAIT) {
			const read = ["XREAD", "COUNT", `${stride.begin()}`, ...wait, "STREAMS", key, from];
			const askedAt = performance.now();
			const reply = await within(
				stride.limitMs,
				connection.call(read, key),
				"Reading from Redis",
				signal,
			);
			stride.onReply(performance.now() - askedAt);
			const { stored, lastId } = readStream(reply);
			if (wait !== WAIT || stored.length > 0) take(stored);
			from = lastId ?? from;
		}
	} catch (error) {
		if (!signal.aborted) throw error;
	} finally {
		connection?.destroy();
	}
}

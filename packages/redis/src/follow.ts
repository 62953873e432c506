/**
 * Following the stream, on a connection of its own: a read that waits keeps everything behind it waiting.
 */
import type { Stored } from "sse-service/engine";
import type { RedisClient, RedisConnection } from "./client.js";
import { readStream } from "./entries.js";
import { inTime, openConnection } from "./own-connection.js";

/** A read waits for so long in Redis. */
const BLOCK_MS = 2_000;

/** A connection that has not answered by then is up, but nothing comes through it. */
const ANSWER_TIMEOUT_MS = 5_000;

/** In one answer. */
const COUNT = 256;

/** As `follow` of an engine. */
export async function followStream(
	redis: RedisClient,
	key: string,
	after: number,
	take: (stored: readonly Stored[]) => void,
	signal: AbortSignal,
): Promise<void> {
	if (signal.aborted) return;
	let connection: RedisConnection | undefined;
	try {
		connection = await openConnection(redis, key, signal);
		for (let last = `${after}-0`; ; ) {
			const read = ["XREAD", "COUNT", `${COUNT}`, "BLOCK", `${BLOCK_MS}`, "STREAMS", key, last];
			const reply = await inTime(connection.call(read, key), ANSWER_TIMEOUT_MS, signal);
			const stored = readStream(reply);
			const newest = stored.at(-1);
			if (newest === undefined) continue;
			last = `${newest.sequence}-0`;
			take(stored);
		}
	} catch (error) {
		if (!signal.aborted) throw error;
	} finally {
		connection?.destroy();
	}
}

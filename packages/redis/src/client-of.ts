/**
 * Which library a client is of.
 */
import type { RedisClient } from "./client.js";
import { fromIORedis, type IORedisClient } from "./ioredis.js";
import { fromNodeRedis, type NodeRedisClient } from "./node-redis.js";
import { invalid, isObject } from "./options.js";

/**
 * By its shape: whichever copy of whichever library it is of.
 *
 * @throws `ERR_SSE_INVALID_OPTION` when it is of none
 */
export function clientOf(client: unknown): RedisClient {
	if (has(client, "call", "duplicate", "connect", "disconnect", "on")) {
		return fromIORedis(client as unknown as IORedisClient);
	}
	if (has(client, "sendCommand", "duplicate", "connect", "destroy", "on")) {
		return fromNodeRedis(client as unknown as NodeRedisClient);
	}
	throw invalid("client must be a client of redis or ioredis, version 5 or newer");
}

function has(value: unknown, ...methods: readonly string[]): value is Record<string, unknown> {
	return isObject(value) && methods.every((name) => typeof value[name] === "function");
}

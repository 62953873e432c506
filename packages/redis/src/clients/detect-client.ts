/**
 * Detects the library of a client.
 */
import { SSEError } from "sse-service/engine";
import type { RedisClient } from "./client.js";
import { fromIORedis, type IORedisClient } from "./ioredis.js";
import { fromIORedisCluster, type IORedisCluster } from "./ioredis-cluster.js";
import { fromNodeRedis, type NodeRedisClient } from "./node-redis.js";
import { fromNodeRedisCluster, type NodeRedisCluster } from "./node-redis-cluster.js";
import { fromNodeRedisSentinel, type NodeRedisSentinel } from "./node-redis-sentinel.js";

/**
 * Detects a client by its shape, so that any copy of a library works.
 *
 * @throws `ERR_SSE_INVALID_OPTION` if it is not a client of a supported library
 */
export function clientOf(client: unknown): RedisClient {
	if (has(client, "call", "nodes", "connect", "disconnect", "on")) {
		return fromIORedisCluster(client as unknown as IORedisCluster);
	}
	if (has(client, "call", "duplicate", "connect", "disconnect", "on")) {
		return fromIORedis(client as unknown as IORedisClient);
	}
	if (has(client, "sendCommand", "nodeClient", "connect", "destroy", "on")) {
		return fromNodeRedisCluster(client as unknown as NodeRedisCluster);
	}
	if (has(client, "sendCommand", "acquire", "duplicate", "connect", "destroy", "on")) {
		return fromNodeRedisSentinel(client as unknown as NodeRedisSentinel);
	}
	if (has(client, "sendCommand", "duplicate", "connect", "destroy", "on")) {
		return fromNodeRedis(client as unknown as NodeRedisClient);
	}
	const rule = "a client of redis or ioredis, version 5 or newer (createSentinel of redis: 6)";
	throw new SSEError("ERR_SSE_INVALID_OPTION", `The option client must be ${rule}`);
}

function has(value: unknown, ...methods: readonly string[]): value is Record<string, unknown> {
	if (typeof value !== "object" || value === null) return false;
	const object = value as Record<string, unknown>;
	return methods.every((name) => typeof object[name] === "function");
}

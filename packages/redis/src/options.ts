/**
 * The options of the event log, checked once.
 */
import {
	LOG_LIMITS,
	type LogLimits,
	type OptionRules,
	type Rule,
	readOptions,
} from "sse-service/engine";
import type { IORedisClient } from "./clients/ioredis.js";
import type { IORedisCluster } from "./clients/ioredis-cluster.js";
import type { NodeRedisClient } from "./clients/node-redis.js";
import type { NodeRedisCluster } from "./clients/node-redis-cluster.js";
import type { NodeRedisSentinel } from "./clients/node-redis-sentinel.js";

/** A client of either library, for one Redis, Redis Cluster or Redis Sentinel. */
export type AnyRedisClient =
	| NodeRedisClient
	| NodeRedisCluster
	| NodeRedisSentinel
	| IORedisClient
	| IORedisCluster;

export interface RedisEventLogOptions {
	/**
	 * A client of `redis` (node-redis) or of `ioredis`, 5 or 6. It stays the application's: connect it, and close it after the
	 * service. The log has connections of its own, with the same settings; only over Cluster, what it does not read goes over this one.
	 */
	readonly client: AnyRedisClient;
	/** What the names of its keys begin with, in braces. Services with the same one share a log. Default `"sse"`. */
	readonly prefix?: string | undefined;
	/** How many events Redis keeps, about. Default 100,000. */
	readonly maxEvents?: number | undefined;
	/** How many bytes of them, about: their texts, and 64 for each. Default 64 MiB. */
	readonly maxBytes?: number | undefined;
	/** For how long, in milliseconds. Default one day. */
	readonly maxAgeMs?: number | undefined;
	/** For how long an idempotency key is known, in milliseconds: so long at least, and at most twice that. Default ten minutes. */
	readonly idempotencyMs?: number | undefined;
}

interface ToldOptions extends LogLimits {
	readonly client: unknown;
	readonly prefix: string;
}

const PREFIX: Rule = [
	"a string of 1 to 256 characters without { and }",
	(value) => typeof value === "string" && /^[^{}]{1,256}$/.test(value) && value.isWellFormed(),
];

const RULES: OptionRules<ToldOptions> = {
	// Which library it is of, if it is of one, is seen by who takes it.
	client: [undefined, ["a client", () => true]],
	prefix: ["sse", PREFIX],
	...LOG_LIMITS,
};

export interface ResolvedOptions {
	readonly client: unknown;
	readonly prefix: string;
	/** As Redis takes them: without limit is the largest number. */
	readonly limits: LogLimits;
}

/** @throws `ERR_SSE_INVALID_OPTION` for an unknown name, or a value out of its range */
export function resolveOptions(options: unknown): ResolvedOptions {
	const { client, prefix, ...limits } = readOptions(options, RULES);
	const numbers = Object.entries(limits).map(([name, limit]) => [
		name,
		Math.min(limit, Number.MAX_SAFE_INTEGER),
	]);
	return { client, prefix, limits: Object.fromEntries(numbers) };
}

/** The prefix of keys alone. @throws `ERR_SSE_INVALID_OPTION` */
export function resolvePrefix(prefix: unknown): string {
	return readOptions({ prefix }, { prefix: RULES.prefix }).prefix;
}

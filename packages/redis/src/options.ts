/**
 * The options of the event log, checked once.
 */
import {
	FUNCTION,
	LOG_LIMITS,
	type LogLimits,
	type OptionRules,
	optional,
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
	 * A client of `redis` (node-redis) or of `ioredis`, 5 or 6. Connect it yourself, and close it after the service. The log opens
	 * connections of its own, with the same settings; only with Cluster, everything except reads goes over this client.
	 */
	readonly client: AnyRedisClient;
	/** The prefix of its keys, which stands in braces. Services with the same prefix share a log. Default `"sse"`. */
	readonly prefix?: string | undefined;
	/** About how many events Redis keeps. Default 100,000. */
	readonly maxEvents?: number | undefined;
	/**
	 * About how many bytes of events Redis keeps: their texts, plus 64 for each. An event above 15/16 of it is rejected with
	 * `ERR_SSE_INVALID_DATA`. Default 64 MiB.
	 */
	readonly maxBytes?: number | undefined;
	/** How long Redis keeps an event, in milliseconds. Default one day. */
	readonly maxAgeMs?: number | undefined;
	/** How long Redis remembers an idempotency key at least, in milliseconds; at most twice as long. Default ten minutes. */
	readonly idempotencyMs?: number | undefined;
}

interface GivenOptions extends LogLimits {
	readonly client: unknown;
	readonly prefix: string;
}

const PREFIX: Rule = [
	"a string of 1 to 256 characters without { and }",
	(value) => typeof value === "string" && /^[^{}]{1,256}$/.test(value) && value.isWellFormed(),
];

const RULES: OptionRules<GivenOptions> = {
	// `clientOf` checks the client and detects its library.
	client: [undefined, ["a client", () => true]],
	prefix: ["sse", PREFIX],
	...LOG_LIMITS,
};

export interface ResolvedOptions {
	readonly client: unknown;
	readonly prefix: string;
	/** In the form that Redis takes: no limit is the largest number. */
	readonly limits: LogLimits;
}

/** The options of `redisRunStore`. */
export interface RedisRunStoreOptions {
	/** A client of `redis` (node-redis) or of `ioredis`, 5 or 6. Connect and close it yourself, as for `redisEventLog`. */
	readonly client: AnyRedisClient;
	/** The prefix of its keys, which stands in braces. Processes with the same prefix share runs. Default `"sse"`. */
	readonly prefix?: string | undefined;
	/** Receives why Redis cannot be followed, once per failed attempt. */
	readonly onError?: ((error: unknown) => unknown) | undefined;
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

interface GivenRunStoreOptions extends Pick<GivenOptions, "client" | "prefix"> {
	readonly onError: RedisRunStoreOptions["onError"];
}

const RUN_STORE_RULES: OptionRules<GivenRunStoreOptions> = {
	client: RULES.client,
	prefix: RULES.prefix,
	onError: [undefined, optional(FUNCTION)],
};

/** @throws `ERR_SSE_INVALID_OPTION` for an unknown name, or a value out of its range */
export function resolveRunStoreOptions(options: unknown): GivenRunStoreOptions {
	return readOptions(options, RUN_STORE_RULES);
}

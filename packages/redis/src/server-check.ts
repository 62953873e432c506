/**
 * Checks Redis before the log is opened: whether it is new enough, and whether it may evict the log. Checks the latter for runs.
 */

import { type LogLimits, SSEError } from "sse-service/engine";
import type { RedisCalls } from "./clients/client.js";
import type { LogKeys } from "./keys.js";
import { defineScript, runScript } from "./scripts/script.js";

// A script, so that the server that has the log answers.
const INFO = defineScript(`return redis.call('INFO', 'server') .. redis.call('INFO', 'memory')`);

/** The first version that trims a stream by id. */
const MIN_VERSION = [6, 2] as const;

/**
 * @param warn receives warnings for the operator
 * @throws (rejects) if Redis is too old
 */
export async function checkServer(
	redis: RedisCalls,
	{ head }: LogKeys,
	{ maxBytes }: LogLimits,
	warn: (message: string) => void,
): Promise<void> {
	const fact = await factsOf(redis, head);
	const version = fact("redis_version");
	if (version !== undefined && isOlder(version)) {
		throw new Error(`version ${MIN_VERSION.join(".")} or newer is required, got ${version}`);
	}
	const policy = fact("maxmemory_policy") ?? "";
	const maxMemory = Number(fact("maxmemory"));
	if (policy.startsWith("allkeys-")) {
		warn(
			`Redis may evict events (maxmemory-policy ${policy}); clients then receive a gap. Use noeviction or volatile-*`,
		);
	}
	if (maxMemory > 0 && maxMemory < maxBytes && maxBytes < Number.MAX_SAFE_INTEGER) {
		warn(
			`Redis has less memory (maxmemory ${maxMemory}) than the log may take (maxBytes ${maxBytes})`,
		);
	}
}

/**
 * Looks whether Redis may evict runs: unlike the log, all of their keys expire.
 *
 * @param key one of theirs
 * @param warn receives a warning for the operator
 */
export async function checkEviction(
	redis: RedisCalls,
	key: string,
	warn: (error: SSEError) => void,
): Promise<void> {
	const policy = (await factsOf(redis, key))("maxmemory_policy") ?? "noeviction";
	if (policy === "noeviction") return;
	const message = `Redis may evict runs (maxmemory-policy ${policy}); readers then receive a gap. Use noeviction`;
	warn(new SSEError("ERR_SSE_LOG_CONFIG", message));
}

/** What Redis says about itself, by name. */
async function factsOf(
	redis: RedisCalls,
	key: string,
): Promise<(name: string) => string | undefined> {
	// INFO may be forbidden. If Redis is unreachable, the next command shows that.
	const facts = String(await runScript(redis, INFO, [key], []).catch(() => ""));
	return (name) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(facts)?.[1];
}

function isOlder(version: string): boolean {
	const [major = 0, minor = 0] = version.split(".").map(Number);
	const [minMajor, minMinor] = MIN_VERSION;
	return major < minMajor || (major === minMajor && minor < minMinor);
}

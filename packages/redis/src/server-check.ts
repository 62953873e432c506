/**
 * Checks Redis before the log is opened: whether it is new enough, and whether it may evict the log.
 */

import type { LogLimits } from "sse-service/engine";
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
	let facts: string;
	try {
		facts = String(await runScript(redis, INFO, [head], []));
	} catch {
		// INFO may be forbidden. If Redis is unreachable, the next command shows that.
		return;
	}
	const fact = (name: string): string | undefined =>
		new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(facts)?.[1];

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

function isOlder(version: string): boolean {
	const [major = 0, minor = 0] = version.split(".").map(Number);
	const [minMajor, minMinor] = MIN_VERSION;
	return major < minMajor || (major === minMajor && minor < minMinor);
}

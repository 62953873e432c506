/**
 * A script that runs in Redis, known to it by its hash once it has been sent.
 */
import { createHash } from "node:crypto";
import { SSEError } from "sse-service/engine";
import type { RedisCalls } from "../clients/client.js";

export interface Script {
	readonly text: string;
	readonly sha: string;
}

export function defineScript(text: string): Script {
	return { text, sha: createHash("sha1").update(text).digest("hex") };
}

/** Run it by its hash. @throws (rejects) what `isUnknownScript` says yes to, where Redis does not have it */
export function runByHash(
	redis: RedisCalls,
	{ sha }: Script,
	keys: readonly string[],
	args: readonly string[],
): Promise<unknown> {
	return run(redis, ["EVALSHA", sha], keys, args);
}

/** Run it by its text, by which Redis comes to know it. */
export function runByText(
	redis: RedisCalls,
	{ text }: Script,
	keys: readonly string[],
	args: readonly string[],
): Promise<unknown> {
	return run(redis, ["EVAL", text], keys, args);
}

/** Run it: for scripts of which nothing depends on which runs first. */
export async function runScript(
	redis: RedisCalls,
	script: Script,
	keys: readonly string[],
	args: readonly string[],
): Promise<unknown> {
	try {
		return await runByHash(redis, script, keys, args);
	} catch (error) {
		if (!isUnknownScript(error)) throw error;
		return runByText(redis, script, keys, args);
	}
}

/** Redis has been restarted, or another one has taken its place. */
export function isUnknownScript(error: unknown): boolean {
	return messageOf(error).startsWith("NOSCRIPT");
}

/** Whether a script has answered the error with this name. */
export function isScriptError(error: unknown, name: string): boolean {
	return new RegExp(`^(ERR )?${name}\\b`).test(messageOf(error));
}

/** Whether Redis has answered an error, one of this kind, and not the client that it has none: Redis begins with its kind. */
export function isReply(error: unknown, kind = "[A-Z]+"): boolean {
	return new RegExp(`^${kind}( |$)`).test(messageOf(error));
}

async function run(
	redis: RedisCalls,
	command: readonly string[],
	keys: readonly string[],
	args: readonly string[],
): Promise<unknown> {
	const [key = ""] = keys;
	try {
		return await redis.call([...command, `${keys.length}`, ...keys, ...args], key);
	} catch (error) {
		if (!isScriptError(error, "SSEFORMAT")) throw error;
		const message = `The log in Redis is of another format: ${messageOf(error)} at ${key}`;
		throw new SSEError("ERR_SSE_LOG_VERSION", message, undefined, error);
	}
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

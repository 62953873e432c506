/**
 * A script that runs in Redis, which identifies it by its hash once it has been sent.
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

/** Runs the script by its hash. @throws (rejects) an error that `isUnknownScript` recognizes, if Redis does not have it */
export function runByHash(
	redis: RedisCalls,
	{ sha }: Script,
	keys: readonly string[],
	args: readonly string[],
): Promise<unknown> {
	return run(redis, ["EVALSHA", sha], keys, args);
}

/** Runs the script by its text, after which Redis knows its hash. */
export function runByText(
	redis: RedisCalls,
	{ text }: Script,
	keys: readonly string[],
	args: readonly string[],
): Promise<unknown> {
	return run(redis, ["EVAL", text], keys, args);
}

/** Runs a script whose order relative to others does not matter. */
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

/** Whether Redis does not know the script: it was restarted, or another server replaced it. */
export function isUnknownScript(error: unknown): boolean {
	return messageOf(error).startsWith("NOSCRIPT");
}

/** Whether a script returned the error with this name. */
export function isScriptError(error: unknown, name: string): boolean {
	return new RegExp(`^(ERR )?${name}\\b`).test(messageOf(error));
}

/** Whether an error is a reply of Redis, of this kind, and not an error of the client: replies begin with their kind. */
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
		throw new SSEError("ERR_SSE_LOG_VERSION", message, { cause: error });
	}
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

/**
 * Names: client ids and groups. They are data, whatever they spell (`__proto__` too): only their type
 * and length are checked, at the edge of the library.
 */
import type { Meta } from "../types/client.js";
import { checkObject, invalid, SSEError, type SSEErrorCode } from "./errors.js";

export interface NameLimits {
	readonly maxClientIdLength: number;
	readonly maxGroupNameLength: number;
}

/** The group of every connection that does not name one. */
export const DEFAULT_GROUP = "default";

/** @throws `ERR_SSE_INVALID_CLIENT_ID`, status 400 */
export function checkClientId(clientId: unknown, maxLength: number): string {
	return checkName(clientId, maxLength, "The client id", "ERR_SSE_INVALID_CLIENT_ID");
}

/** @throws `ERR_SSE_INVALID_GROUP`, status 400 */
export function checkGroup(group: unknown, maxLength: number): string {
	return checkName(group, maxLength, "The group name", "ERR_SSE_INVALID_GROUP");
}

/**
 * One or several group names, without repetition.
 *
 * @throws `ERR_SSE_INVALID_GROUP`, status 400; `ERR_SSE_MAX_GROUPS`, status 429, as soon as there are more than `maxCount`
 */
export function checkGroups(
	groups: unknown,
	maxLength: number,
	maxCount = Infinity,
): readonly string[] {
	if (!Array.isArray(groups)) return [checkGroup(groups, maxLength)];
	const names = new Set<string>();
	for (const group of groups) {
		names.add(checkGroup(group, maxLength));
		if (names.size > maxCount)
			throw tooMany("ERR_SSE_MAX_GROUPS", "groups", "maxGroupsPerConnection", maxCount);
	}
	return [...names];
}

/** The error for a request beyond a limit. */
export function tooMany(code: SSEErrorCode, what: string, limit: string, value: number): SSEError {
	return new SSEError(code, `Too many ${what}: ${limit} is ${value}`);
}

/**
 * Checks an option that is a key, such as `limitKey`. An empty one is a value that was missing, and would be the same for all.
 *
 * @throws `ERR_SSE_INVALID_OPTION`, status 400
 */
export function checkKey(key: unknown, option: string): string {
	return checkName(key, 256, option, "ERR_SSE_INVALID_OPTION");
}

/**
 * Checks an option of an adapter that is a name, such as the property that it adds to responses.
 *
 * @throws `ERR_SSE_INVALID_OPTION` for anything but a string of at least one character
 */
export function checkOptionName(option: string, value: unknown): asserts value is string {
	if (typeof value === "string" && value !== "") return;
	throw invalid("ERR_SSE_INVALID_OPTION", `${option} must be a non-empty string`, value);
}

function checkName(name: unknown, maxLength: number, what: string, code: SSEErrorCode): string {
	if (typeof name === "string" && name.length > 0 && name.length <= maxLength) return name;
	throw invalid(code, `${what} must be a string of 1 to ${maxLength} characters`, name, {
		statusCode: 400,
	});
}

/**
 * @param isShared whether other processes can request it, as JSON
 * @throws `ERR_SSE_INVALID_META`, with status 400 for what is not an object
 */
export function checkMeta(meta: unknown, isShared: boolean): Meta {
	const object = checkObject(meta, "meta", "ERR_SSE_INVALID_META", { statusCode: 400 });
	const cause = isShared ? whyNotJson(object) : undefined;
	if (cause === undefined) return object;
	const rule = "With an eventLog, meta must be an object that JSON can represent";
	throw new SSEError("ERR_SSE_INVALID_META", `${rule} (${cause})`, { cause });
}

/** Returns why JSON cannot represent a value as an object: it contains a BigInt or a cycle, or a getter or `toJSON` throws. */
function whyNotJson(value: object): unknown {
	try {
		const text: unknown = JSON.stringify(value);
		return String(text).startsWith("{") ? undefined : new TypeError(`toJSON returned ${text}`);
	} catch (error) {
		return error ?? new TypeError("toJSON failed");
	}
}

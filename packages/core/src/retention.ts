/**
 * Retention: how much of what was sent the log keeps, for everything and for single groups.
 */
import { checkObject, invalid, isObject } from "./errors.js";
import type { HistoryOptions } from "./history-types.js";
import { isLimit, LIMIT_RULE } from "./limit.js";

export interface Retention {
	readonly maxEvents: number;
	readonly maxBytes: number;
	readonly maxAgeMs: number;
	/** Of each key the newest event, and nothing else. */
	readonly latest: boolean;
}

export interface RetentionRules {
	readonly byDefault: Retention;
	readonly ofGroups: ReadonlyMap<string, Retention>;
}

const DEFAULTS: Retention = {
	maxEvents: 10_000,
	maxBytes: 16 * 1024 * 1024,
	maxAgeMs: 300_000,
	latest: false,
};

/** @throws `ERR_SSE_INVALID_OPTION` */
export function readRetention(history: true | HistoryOptions): RetentionRules {
	const { groups = {}, ...limits } =
		history === true ? {} : checkObject(history, "history", "ERR_SSE_INVALID_OPTION");
	const byDefault = readLimits(limits, DEFAULTS, "history", LIMIT_NAMES);
	const ofGroups = new Map<string, Retention>();
	for (const [group, own] of Object.entries(
		checkObject(groups, "history.groups", "ERR_SSE_INVALID_OPTION"),
	)) {
		const name = `history.groups.${group}`;
		// The newest state is of use however old it is.
		const base =
			isObject(own) && own.latest === true ? { ...byDefault, maxAgeMs: Infinity } : byDefault;
		ofGroups.set(
			group,
			readLimits(checkObject(own, name, "ERR_SSE_INVALID_OPTION"), base, name, [
				...LIMIT_NAMES,
				"latest",
			]),
		);
	}
	return { byDefault, ofGroups };
}

const LIMIT_NAMES: readonly string[] = ["maxEvents", "maxBytes", "maxAgeMs"];

function readLimits(
	told: Record<PropertyKey, unknown>,
	base: Retention,
	what: string,
	names: readonly string[],
): Retention {
	const limits: Record<string, unknown> = { ...base };
	for (const [name, value] of Object.entries(told)) {
		if (!names.includes(name)) {
			throw invalid("ERR_SSE_INVALID_OPTION", `${what} has no such option`, name);
		}
		if (value === undefined) continue;
		const isLatest = name === "latest";
		const fits = isLatest ? typeof value === "boolean" : isLimit(value);
		if (!fits) {
			const rule = isLatest ? "true or false" : LIMIT_RULE;
			throw invalid("ERR_SSE_INVALID_OPTION", `${what}.${name} must be ${rule}`, value);
		}
		limits[name] = value;
	}
	return limits as unknown as Retention;
}

/**
 * Retention: how much the log keeps, by default and for single groups.
 */
import { checkObject, invalid, isObject } from "../checks/errors.js";
import { LIMIT, type OptionRules, type Rule, readOptions } from "../checks/option-rules.js";
import type { HistoryOptions } from "../types/history.js";
import { GroupRules } from "./group-rules.js";

interface Bounds {
	readonly maxEvents: number;
	readonly maxBytes: number;
	readonly maxAgeMs: number;
}

export interface Retention extends Bounds {
	/** Keeps only the newest event of each key. */
	readonly latest: boolean;
}

export interface RetentionRules {
	readonly byDefault: Retention;
	/** A pattern's limits are for all of its groups together. */
	readonly ofGroups: GroupRules<Retention>;
}

const DEFAULTS: Bounds = { maxEvents: 10_000, maxBytes: 16 * 1024 * 1024, maxAgeMs: 300_000 };

// Checked group by group.
const ANY: Rule = ["an object", () => true];
const LATEST: Rule = ["true or false", (value) => typeof value === "boolean"];

/** @throws `ERR_SSE_INVALID_OPTION` */
export function readRetention(history: true | HistoryOptions): RetentionRules {
	const rules = { ...rulesOf(DEFAULTS), groups: [{}, ANY] } as const;
	const read = readOptions<Bounds & { groups: unknown }>(
		history === true ? {} : history,
		rules,
		"history",
	);
	const { groups, ...byDefault } = read;
	const ofGroups = new GroupRules<Retention>();
	for (const [group, own] of Object.entries(
		checkObject(groups, "history.groups", "ERR_SSE_INVALID_OPTION"),
	)) {
		// The newest state stays useful at any age.
		const isLatest = isObject(own) && own.latest === true;
		const rulesOfGroup = rulesOf(isLatest ? { ...byDefault, maxAgeMs: Infinity } : byDefault);
		const name = `history.groups.${group}`;
		if (group === "" || group.slice(0, -1).includes("*")) {
			throw invalid(
				"ERR_SSE_INVALID_OPTION",
				"The name of a group in history.groups must not be empty, and may have * only at its end",
				group,
			);
		}
		ofGroups.set(
			group,
			readOptions<Retention>(own, { ...rulesOfGroup, latest: [false, LATEST] }, name),
		);
	}
	return { byDefault: { ...byDefault, latest: false }, ofGroups };
}

function rulesOf({ maxEvents, maxBytes, maxAgeMs }: Bounds): OptionRules<Bounds> {
	return {
		maxEvents: [maxEvents, LIMIT],
		maxBytes: [maxBytes, LIMIT],
		maxAgeMs: [maxAgeMs, LIMIT],
	};
}

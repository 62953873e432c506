/**
 * The options of runs, with their defaults.
 */

import { isObject } from "../checks/errors.js";
import {
	FUNCTION,
	LIMIT,
	type OptionRules,
	optional,
	type Rule,
	readOptions,
} from "../checks/option-rules.js";
import { POSITIVE_TIME, TIME } from "../checks/time.js";
import type { CloseRunsOptions, FollowOptions, RunsOptions } from "./run-types.js";

/** The rule for an object that has methods. */
function withMethods(names: readonly string[]): Rule {
	return [
		`an object with the functions ${names.join(", ")}`,
		(value) => isObject(value) && names.every((name) => typeof value[name] === "function"),
	];
}

const CODEC: Rule = [
	"an object whose event, end and gap are functions",
	(value) =>
		isObject(value) &&
		[value.event, value.end, value.gap].every((each) => optional(FUNCTION)[1](each)),
];

type Numbers = "ttlMs" | "leaseMs" | "batchMs" | "maxEvents" | "maxLength" | "maxRuns";
export type ResolvedRunsOptions = Omit<RunsOptions, Numbers> & {
	readonly [Name in Numbers]: number;
};

const RULES: OptionRules<ResolvedRunsOptions> = {
	store: [undefined, optional(withMethods(["claim", "write", "read"]))],
	service: [undefined, optional(withMethods(["connect"]))],
	ttlMs: [3_600_000, POSITIVE_TIME],
	leaseMs: [10_000, POSITIVE_TIME],
	batchMs: [20, TIME],
	maxEvents: [100_000, LIMIT],
	maxLength: [16_777_216, LIMIT],
	maxRuns: [10_000, LIMIT],
	fold: [undefined, optional(withMethods(["initial", "fold", "render"]))],
	resume: [undefined, optional(FUNCTION)],
	codec: [undefined, optional(CODEC)],
	onError: [undefined, optional(FUNCTION)],
};

/** @throws `ERR_SSE_INVALID_OPTION` */
export function resolveRunsOptions(options: RunsOptions): ResolvedRunsOptions {
	return readOptions<ResolvedRunsOptions>(options, RULES);
}

const FOLLOWING: OptionRules<FollowOptions> = {
	from: ["start", ["start or now", (value) => value === "start" || value === "now"]],
	codec: [undefined, optional(CODEC)],
	unknown: [204, ["204 or error", (value) => value === 204 || value === "error"]],
	lastEventId: [undefined, optional(["a string", (value) => typeof value === "string"])],
};

/** @throws `ERR_SSE_INVALID_OPTION` */
export function resolveFollowing(options: FollowOptions): FollowOptions {
	return readOptions<FollowOptions>(options, FOLLOWING);
}

type ResolvedClosing = {
	readonly [Name in keyof CloseRunsOptions]-?: Exclude<CloseRunsOptions[Name], undefined>;
};

const CLOSING: OptionRules<ResolvedClosing> = {
	drainMs: [0, TIME],
	unfinished: ["fail", ["fail or handOver", (value) => value === "fail" || value === "handOver"]],
};

/** @throws `ERR_SSE_INVALID_OPTION` */
export function resolveClosing(options: CloseRunsOptions): ResolvedClosing {
	return readOptions<ResolvedClosing>(options, CLOSING);
}

/**
 * The options of a service: every default and every limit, in one place, checked once.
 */
import { isObject, SSEError } from "../checks/errors.js";
import {
	FUNCTION,
	LIMIT,
	type OptionRules,
	optional,
	type Rule,
	readOptions,
} from "../checks/option-rules.js";
import { MAX_TIME, TIME } from "../checks/time.js";
import type { SSEServiceOptions } from "./option-types.js";

/** Options with every default filled in. */
export type ResolvedOptions = {
	readonly [Name in keyof SSEServiceOptions]-?: Name extends Optional
		? SSEServiceOptions[Name]
		: Exclude<SSEServiceOptions[Name], undefined>;
};

type Optional =
	| "retryMs"
	| "heartbeatEvent"
	| "eventLog"
	| "recover"
	| "positionEvent"
	| "onConnect"
	| "onDisconnect"
	| "onError";

const EVENT_TYPE: Rule = [
	"a non-empty string without CR, LF or a lone surrogate",
	(value) => typeof value === "string" && /^[^\r\n\p{Cs}]+$/u.test(value),
];
const CALLBACK = optional(FUNCTION);

const RULES: OptionRules<ResolvedOptions> = {
	retryMs: [undefined, optional(TIME)],
	heartbeatIntervalMs: [15_000, TIME],
	heartbeatEvent: [undefined, optional(EVENT_TYPE)],
	commentForm: ["line", oneOf("line", "block")],
	maxBufferedBytes: [1024 * 1024, LIMIT],
	slowPolicy: ["close", oneOf("close", "drop-oldest", "drop-newest", "conflate")],
	stallTimeoutMs: [60_000, TIME],
	maxConnections: [100_000, LIMIT],
	maxConnectionsPerClient: [1_000, LIMIT],
	clientLimitPolicy: ["refuse", oneOf("refuse", "close-oldest")],
	maxConnectionsPerKey: [1_000, LIMIT],
	maxGroupsPerConnection: [1_000, LIMIT],
	maxClientIdLength: [256, LIMIT],
	maxGroupNameLength: [256, LIMIT],
	maxEventTypeLength: [256, LIMIT],
	maxEventIdLength: [1_024, LIMIT],
	maxConnectionAgeMs: [0, TIME],
	longPollMs: [25_000, TIME],
	drainMs: [0, TIME],
	closeTimeoutMs: [5_000, TIME],
	history: [
		false,
		["true, false or an object", (value) => typeof value === "boolean" || isObject(value)],
	],
	eventLog: [
		undefined,
		optional(["an event log", (value) => isObject(value) && typeof value.readAfter === "function"]),
	],
	publishTimeoutMs: [5_000, TIME],
	maxCatchUpEvents: [100_000, LIMIT],
	recover: [undefined, CALLBACK],
	recoverTimeoutMs: [10_000, TIME],
	recoverConcurrency: [100, LIMIT],
	recoverWaitMs: [30_000, TIME],
	gapEvent: ["gap", EVENT_TYPE],
	positionEvent: [undefined, optional(EVENT_TYPE)],
	onConnect: [undefined, CALLBACK],
	onDisconnect: [undefined, CALLBACK],
	onError: [undefined, CALLBACK],
};

/** The names of all options. */
export const OPTION_NAMES: object = RULES;

// Without history these options have no effect, so setting them is a mistake.
const NEED_HISTORY: readonly (keyof SSEServiceOptions)[] = [
	"eventLog",
	"recover",
	"recoverTimeoutMs",
	"recoverConcurrency",
	"recoverWaitMs",
	"gapEvent",
	"positionEvent",
	"longPollMs",
];

const NEED_EVENT_LOG = ["publishTimeoutMs", "maxCatchUpEvents"] as const;

/** @throws `ERR_SSE_INVALID_OPTION` for an unknown name, a value out of its range, or one that needs `history` without it */
export function resolveOptions(options: unknown = {}): ResolvedOptions {
	const resolved = readOptions(options, RULES);
	const given = options as SSEServiceOptions;
	// An event log implies history.
	const { eventLog, history = eventLog !== undefined } = given;
	checkNeeds(given, history === false ? NEED_HISTORY : [], "history");
	checkNeeds(given, eventLog === undefined ? NEED_EVENT_LOG : [], "eventLog");
	const { heartbeatIntervalMs } = resolved;
	const ofHeartbeats = Math.min(MAX_TIME, Math.max(10_000, 4 * heartbeatIntervalMs));
	const byDefault = heartbeatIntervalMs === 0 ? resolved.stallTimeoutMs : ofHeartbeats;
	return { ...resolved, history, stallTimeoutMs: given.stallTimeoutMs ?? byDefault };
}

function checkNeeds(
	given: SSEServiceOptions,
	needing: readonly (keyof SSEServiceOptions)[],
	needed: string,
): void {
	const useless = needing.find((name) => given[name] !== undefined);
	if (useless === undefined) return;
	throw new SSEError("ERR_SSE_INVALID_OPTION", `The option ${useless} needs the option ${needed}`);
}

function oneOf(...values: readonly unknown[]): Rule {
	return [`one of ${values.join(", ")}`, (value) => values.includes(value)];
}

/**
 * The limits of a log in an engine. Every event log package offers them as options, with the same names and defaults.
 */
import { LIMIT, type OptionRules } from "../checks/option-rules.js";

export interface LogLimits {
	/** How many events the log keeps. */
	readonly maxEvents: number;
	/** How many bytes of events the log keeps. */
	readonly maxBytes: number;
	/** How long the log keeps an event that is not the newest, in milliseconds. */
	readonly maxAgeMs: number;
	/** How long the log remembers an idempotency key, in milliseconds. */
	readonly idempotencyMs: number;
}

/** Defaults: 100,000 events, 64 MiB, one day, and ten minutes. */
export const LOG_LIMITS: OptionRules<LogLimits> = {
	maxEvents: [100_000, LIMIT],
	maxBytes: [64 * 1024 * 1024, LIMIT],
	maxAgeMs: [86_400_000, LIMIT],
	idempotencyMs: [600_000, LIMIT],
};

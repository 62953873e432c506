/**
 * The limits of a log in an engine. Every event log package offers them as options, with the same names and defaults.
 */
import { SSEError } from "../checks/errors.js";
import { LIMIT, type OptionRules } from "../checks/option-rules.js";
import type { LogEngine, StoredAt, Storing } from "./log-engine.js";

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

/** The refusal of an entry that alone would push everything else out of a log. `bytes`: what it takes there */
export function checkSize(
	{ name }: Pick<LogEngine, "name">,
	bytes: number,
	most: number,
): SSEError | undefined {
	if (bytes <= most) return undefined;
	const message = `${name} keeps events of at most ${most} bytes (maxBytes), got one of ${bytes}`;
	return new SSEError("ERR_SSE_INVALID_DATA", message);
}

/** Appends entries, except those that `refusalOf` refuses. @returns the answer, or the refusal, of each */
export async function appendUnlessRefused(
	entries: readonly Storing[],
	refusalOf: (entry: Storing) => Error | undefined,
	append: LogEngine["append"],
): Promise<readonly (StoredAt | Error)[]> {
	const refusals = entries.map(refusalOf);
	if (!refusals.some((refusal) => refusal !== undefined)) return append(entries);
	const stored = await append(entries.filter((_, index) => refusals[index] === undefined));
	const answers = stored.values();
	return refusals.flatMap((refusal) => refusal ?? answers.next().value ?? []);
}

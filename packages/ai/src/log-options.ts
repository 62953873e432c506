/**
 * The options of run logs, with their defaults.
 */
import {
	FUNCTION,
	guarded,
	LIMIT,
	type OptionRules,
	POSITIVE_TIME,
	readOptions,
} from "sse-service/engine";
import { createMemoryRunStore, type RunStore } from "sse-service/runs";

export interface RunLogOptions {
	/** Where runs are kept: `redisRunStore({ client })` for several processes. Closing it is up to you. Default: in memory, for one process. */
	readonly store?: RunStore | undefined;
	/** How long a run is kept after its end, in milliseconds. Default 3,600,000 (an hour). */
	readonly ttlMs?: number | undefined;
	/**
	 * How long a run may go without a sign of life from its producer's process before it fails, in milliseconds. Default 10,000. Before
	 * a write that may take a third of it at 128 characters per millisecond, its lease becomes longer by that time, at most 64 seconds.
	 */
	readonly leaseMs?: number | undefined;
	/** How many entries a run may have. Default 100,000. At the limit it fails, and the producer's call rejects with `ERR_SSE_RUN_LIMIT`. */
	readonly maxEvents?: number | undefined;
	/** How many characters a run may have. Default 16,777,216. As `maxEvents`. */
	readonly maxLength?: number | undefined;
	/** How many runs the store may keep. Default 10,000. At the limit the producer's call rejects with `ERR_SSE_MAX_RUNS`. */
	readonly maxRuns?: number | undefined;
	/** Receives what the store rejects with while a run is read, and when its lease is renewed. Both are repeated. */
	readonly onError?: ((error: unknown) => unknown) | undefined;
}

export type ResolvedLogOptions = {
	readonly [Name in keyof RunLogOptions]-?: Exclude<RunLogOptions[Name], undefined>;
};

const RULES: OptionRules<Omit<ResolvedLogOptions, "store"> & { readonly store: RunStore | null }> =
	{
		store: [null, ["a run store", (value) => typeof value === "object"]],
		ttlMs: [3_600_000, POSITIVE_TIME],
		leaseMs: [10_000, POSITIVE_TIME],
		maxEvents: [100_000, LIMIT],
		maxLength: [16_777_216, LIMIT],
		maxRuns: [10_000, LIMIT],
		onError: [() => {}, FUNCTION],
	};

/** @throws `ERR_SSE_INVALID_OPTION` */
export function resolveLogOptions(options: RunLogOptions): ResolvedLogOptions {
	const { store, onError, ...numbers } = readOptions(options, RULES);
	return {
		...numbers,
		store: store ?? createMemoryRunStore(),
		onError: guarded(onError),
	};
}

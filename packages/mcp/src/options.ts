/**
 * The options of an event store, with their defaults.
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

export interface McpEventsOptions {
	/** Where messages are kept: `redisRunStore({ client })` for several processes. Default: in memory, for one process. */
	readonly store?: RunStore | undefined;
	/** How long a stream is kept after its end, in milliseconds. Default 300,000 (five minutes). */
	readonly ttlMs?: number | undefined;
	/**
	 * How long a stream may go without a sign of life from its process before it ends, in milliseconds. Default 15,000. Up to 64
	 * seconds longer while so much is stored at once that this could take a third of it, at 128,000 characters a second.
	 */
	readonly leaseMs?: number | undefined;
	/**
	 * How long a stream may go without a message before it ends, in milliseconds, if no call waits for its answer. Default 3,600,000
	 * (an hour). A later message continues it.
	 */
	readonly idleMs?: number | undefined;
	/** About how many messages of one stream are kept: the newest, and at least half as many. Default 10,000. */
	readonly maxEvents?: number | undefined;
	/** About how many characters of one stream are kept: the newest, and at least half as many. Default 1,048,576. */
	readonly maxLength?: number | undefined;
	/** How many streams are kept, of all sessions; at the limit new ones cannot be resumed. Default 100,000. */
	readonly maxStreams?: number | undefined;
	/** Receives what the store rejects with. The streams continue, but cannot be resumed. */
	readonly onError?: ((error: unknown) => unknown) | undefined;
}

export type ResolvedOptions = {
	readonly [Name in keyof McpEventsOptions]-?: Exclude<McpEventsOptions[Name], undefined>;
};

const RULES: OptionRules<Omit<ResolvedOptions, "store"> & { readonly store: RunStore | null }> = {
	store: [null, ["a run store", (value) => typeof value === "object"]],
	ttlMs: [300_000, POSITIVE_TIME],
	leaseMs: [15_000, POSITIVE_TIME],
	idleMs: [3_600_000, POSITIVE_TIME],
	maxEvents: [10_000, LIMIT],
	maxLength: [1_048_576, LIMIT],
	maxStreams: [100_000, LIMIT],
	onError: [() => {}, FUNCTION],
};

/** @throws `ERR_SSE_INVALID_OPTION` */
export function resolveOptions(options: McpEventsOptions): ResolvedOptions {
	const { store, onError, ...resolved } = readOptions(options, RULES);
	return { ...resolved, onError: guarded(onError), store: store ?? createMemoryRunStore() };
}

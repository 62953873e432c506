/**
 * The options of the event log: every default and every limit, checked once.
 */
import { FUNCTION, LOG_LIMITS, type OptionRules, type Rule, readOptions } from "sse-service/engine";
import { isNatsConnection, type NatsConnection } from "./client.js";

export interface NatsEventLogOptions {
	/**
	 * A connection of `@nats-io/transport-node` 3 or of `nats` 2. You can use it for other things, too; the log never closes it.
	 * Set its option `maxReconnectAttempts: -1`, so that it reconnects however long NATS is unavailable.
	 */
	readonly connection: NatsConnection;
	/** The prefix of the streams and their subjects: 1 to 32 letters, digits, `-` and `_`. Default `"SSE"`. */
	readonly prefix?: string | undefined;
	/** How many events the log keeps. Default 100,000. */
	readonly maxEvents?: number | undefined;
	/** How many bytes the log keeps. A larger event is rejected with `ERR_SSE_INVALID_DATA`. Default 64 MiB. */
	readonly maxBytes?: number | undefined;
	/** How long the log keeps an event that is not the newest, in milliseconds. Default 24 hours. */
	readonly maxAgeMs?: number | undefined;
	/** How long the log remembers an idempotency key, in milliseconds. Default 10 minutes. */
	readonly idempotencyMs?: number | undefined;
	/** Where the streams are kept. Default `"file"`. */
	readonly storage?: "file" | "memory" | undefined;
	/** On how many servers of a cluster each stream is kept: 1 to 5. Default 1. */
	readonly replicas?: number | undefined;
	/** The subject prefix of JetStream's API. For a domain, for example `"$JS.hub.API"`. Default `"$JS.API"`. */
	readonly apiPrefix?: string | undefined;
	/** The subject prefix of answers: the value of the connection's option with this name. Default `"_INBOX"`. */
	readonly inboxPrefix?: string | undefined;
}

export type ResolvedOptions = {
	readonly [Name in keyof NatsEventLogOptions]-?: Exclude<NatsEventLogOptions[Name], undefined>;
};

const SUBJECT: Rule = [
	"a subject without wildcards",
	(value) => typeof value === "string" && /^[^\s.*>]+(\.[^\s.*>]+)*$/.test(value),
];

// JetStream counts in nanoseconds, and as 64 bits do.
const MAX_WINDOW_MS = 9_000_000_000_000;

const RULES: OptionRules<ResolvedOptions> = {
	connection: [
		undefined,
		["a connection of @nats-io/transport-node 3 or nats 2", isNatsConnection],
	],
	prefix: [
		"SSE",
		[
			"1 to 32 letters, digits, - and _",
			(value) => typeof value === "string" && /^[\w-]{1,32}$/.test(value),
		],
	],
	...LOG_LIMITS,
	// JetStream has a minimum, and no unlimited value.
	idempotencyMs: [
		LOG_LIMITS.idempotencyMs[0],
		[
			"an integer from 100 to 9,000,000,000,000",
			(value) => Number.isInteger(value) && Number(value) >= 100 && Number(value) <= MAX_WINDOW_MS,
		],
	],
	storage: ["file", [`"file" or "memory"`, (value) => value === "file" || value === "memory"]],
	replicas: [
		1,
		[
			"an integer from 1 to 5",
			(value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 5,
		],
	],
	apiPrefix: ["$JS.API", SUBJECT],
	inboxPrefix: ["_INBOX", SUBJECT],
};

/** The options of `natsRunStore`. */
export interface NatsRunStoreOptions
	extends Pick<
		NatsEventLogOptions,
		"connection" | "prefix" | "storage" | "replicas" | "apiPrefix" | "inboxPrefix"
	> {
	/** How many bytes of runs the stream keeps. Beyond it, the oldest entries are dropped. Default 1 GiB. */
	readonly maxBytes?: number | undefined;
	/** Receives what fails in the background: a run that cannot be followed or removed, a missing permission. */
	readonly onError?: ((error: unknown) => unknown) | undefined;
}

export type ResolvedRunStoreOptions = {
	readonly [Name in keyof NatsRunStoreOptions]-?: Exclude<NatsRunStoreOptions[Name], undefined>;
};

const { connection, prefix, storage, replicas, apiPrefix, inboxPrefix, maxBytes } = RULES;
const RUN_STORE_RULES: OptionRules<ResolvedRunStoreOptions> = {
	connection,
	prefix,
	maxBytes: [1_073_741_824, maxBytes[1]],
	storage,
	replicas,
	apiPrefix,
	inboxPrefix,
	onError: [() => {}, FUNCTION],
};

/** @throws `ERR_SSE_INVALID_OPTION` */
export function resolveRunStoreOptions(options: unknown): ResolvedRunStoreOptions {
	return readOptions(options, RUN_STORE_RULES);
}

/** @throws `ERR_SSE_INVALID_OPTION` */
export function resolveOptions(options: unknown): ResolvedOptions {
	return readOptions(options, RULES);
}

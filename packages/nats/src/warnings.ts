/**
 * Warnings for the operator: NATS keeps less than was requested.
 */
import type { AccountInfo, StreamConfig } from "./jetstream-api.js";
import type { ResolvedOptions } from "./options.js";

/** Returns the warnings about an account and the log's stream. */
export function warningsOf(
	options: ResolvedOptions,
	{ limits }: AccountInfo,
	config: StreamConfig,
): readonly string[] {
	const { maxEvents, maxBytes, maxAgeMs, idempotencyMs, storage, replicas } = options;
	const { name, max_msgs, max_bytes, max_age, duplicate_window, num_replicas } = config;
	const limit = storage === "file" ? limits.max_storage : limits.max_memory;
	const checks: readonly [isTrue: boolean, warning: string][] = [
		[
			isBelow(limit, maxBytes),
			`NATS gives this account ${limit} bytes of ${storage} storage, less than maxBytes (${maxBytes})`,
		],
		[
			isBelow(max_msgs, maxEvents),
			`The stream ${name} keeps ${max_msgs} events, less than maxEvents (${maxEvents})`,
		],
		[
			isBelow(max_bytes, maxBytes),
			`The stream ${name} keeps ${max_bytes} bytes, less than maxBytes (${maxBytes})`,
		],
		[
			isBelow(inMs(max_age) || -1, maxAgeMs),
			`The stream ${name} keeps events for ${inMs(max_age)} ms, less than maxAgeMs (${maxAgeMs})`,
		],
		[
			isBelow(inMs(duplicate_window), idempotencyMs),
			`The stream ${name} remembers idempotency keys for ${inMs(duplicate_window)} ms, less than idempotencyMs (${idempotencyMs})`,
		],
		[
			isBelow(num_replicas, replicas),
			`The stream ${name} has ${num_replicas} replicas, less than replicas (${replicas})`,
		],
		[
			storage === "file" && config.storage === "memory",
			`The stream ${name} is kept in memory: a restart of NATS loses it`,
		],
	];
	return checks.flatMap(([isTrue, warning]) => (isTrue ? [warning] : []));
}

/** JetStream uses -1 for no limit. */
function isBelow(limit = -1, asked: number): boolean {
	return limit !== -1 && limit < asked;
}

function inMs(ns = 0): number {
	return ns / 1_000_000;
}

/**
 * The log's stream: finds it, or creates it if it is missing, and identifies its log. The sequence of the stream is that of the
 * log, so it must have no holes: JetStream only removes the oldest messages, by number and bytes.
 */
import { pause } from "sse-service/engine";
import { decodeDescription, encodeDescription, newToken } from "./description.js";
import { DELETION_MS, findOrMake } from "./find-or-make.js";
import { type JetStream, nanoseconds } from "./jetstream.js";
import type { StreamConfig, StreamState } from "./jetstream-api.js";
import type { ResolvedOptions } from "./options.js";
import { LogSubjects, streamNames } from "./subjects.js";

export interface Log {
	/** Identifies the log. A recreated stream is another log, whichever process creates it. */
	readonly epoch: string;
	readonly token: string;
	readonly subjects: LogSubjects;
}

export interface LogInfo {
	readonly log: Log;
	readonly state: StreamState;
	readonly config: StreamConfig;
	/** The server's clock, from 2.10 on. */
	readonly ts: string | undefined;
}

// A stream without a leader will soon have one again.
const PAUSE_MS = 250;

export class LogStream {
	readonly name: string;
	readonly #jetStream: JetStream;
	readonly #options: ResolvedOptions;
	#current: Promise<Log> | undefined;
	#renewal: Promise<Log> | undefined;

	constructor(jetStream: JetStream, options: ResolvedOptions) {
		this.name = streamNames(options.prefix).log;
		this.#jetStream = jetStream;
		this.#options = options;
	}

	/** The log at the last lookup. Callers are answered in order. */
	current(): Promise<Log> {
		if (this.#current === undefined) return this.#renew(this.look().then(({ log }) => log));
		return this.#current;
	}

	/** Looks the log up again, because no stream accepts messages for this one. Meanwhile `current` waits, too. */
	renewed(from: Log): Promise<Log> {
		return this.#renewal ?? this.#renew(this.#lookAfter(from));
	}

	/** @throws `ERR_SSE_LOG_VERSION` */
	async look(): Promise<LogInfo> {
		const pauseMs = this.#current === undefined ? undefined : DELETION_MS;
		const info = await findOrMake(this.#jetStream, this.#config(), pauseMs);
		const { config, created, state, ts } = info;
		const token = decodeDescription("log", config);
		const log = {
			epoch: `${Date.parse(created).toString(36)}${token}`,
			token,
			subjects: new LogSubjects(this.#options.prefix, token),
		};
		if (this.#renewal === undefined) this.#current = Promise.resolve(log);
		return { log, state, config, ts };
	}

	#renew(promise: Promise<Log>): Promise<Log> {
		const end = (): void => {
			this.#renewal = undefined;
		};
		promise.then(end, () => {
			end();
			this.#current = undefined;
		});
		this.#current = promise;
		this.#renewal = promise;
		return promise;
	}

	async #lookAfter(from: Log): Promise<Log> {
		const { log } = await this.look();
		if (log.epoch === from.epoch) await pause(PAUSE_MS);
		return log;
	}

	#config(): StreamConfig {
		const { prefix, maxEvents, maxBytes, idempotencyMs, storage, replicas } = this.#options;
		const token = newToken();
		return {
			name: this.name,
			description: encodeDescription("log", token),
			subjects: [new LogSubjects(prefix, token).all],
			retention: "limits",
			discard: "old",
			max_msgs: bound(maxEvents),
			max_bytes: bound(maxBytes),
			duplicate_window: nanoseconds(idempotencyMs),
			// Deleting single messages would leave holes.
			deny_delete: true,
			storage,
			num_replicas: replicas,
		};
	}
}

/** Converts a limit to JetStream's form. */
export function bound(limit: number): number {
	return limit === Infinity ? -1 : limit;
}

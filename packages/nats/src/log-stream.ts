/**
 * The log's stream: found, or made when it is missing, and which log it is. The sequence of the stream is that of the log,
 * so nothing may leave holes in it: JetStream removes the oldest messages only, by their number and their bytes.
 */
import { pause } from "sse-service/engine";
import { decodeDescription, encodeDescription, newToken } from "./description.js";
import { DELETION_MS, findOrMake } from "./find-or-make.js";
import { type JetStream, nanoseconds } from "./jetstream.js";
import type { StreamConfig, StreamState } from "./jetstream-api.js";
import type { ResolvedOptions } from "./options.js";
import { LogSubjects, streamNames } from "./subjects.js";

export interface Log {
	/** A stream that is made again is another log, whoever makes it. */
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

// A stream without a leader has one again soon.
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

	/** The log as it was when it was last looked at. Who asks first is answered first. */
	current(): Promise<Log> {
		if (this.#current === undefined) return this.#renew(this.look().then(({ log }) => log));
		return this.#current;
	}

	/** Look at it again: nobody takes what is sent to this one. Meanwhile, `current` waits for the answer, too. */
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
			// Of single messages: that would leave holes.
			deny_delete: true,
			storage,
			num_replicas: replicas,
		};
	}
}

/** As JetStream says it. */
export function bound(limit: number): number {
	return limit === Infinity ? -1 : limit;
}

/**
 * The engine: a log in a Redis stream.
 */

import {
	appendUnlessRefused,
	checkSize,
	LOG_FORMAT,
	type LogEngine,
	type LogLimits,
	type Newest,
	SSEError,
	type Stored,
	type StoredAt,
	type Storing,
} from "sse-service/engine";
import { AppendBatches, MAX_KNOWN } from "./append-batches.js";
import type { RedisCalls, RedisClient } from "./clients/client.js";
import { CommandConnection } from "./command-connection.js";
import { readEntries, readLatest } from "./entries.js";
import { followStream } from "./follow.js";
import { decodeName, encodeName, keysOf, type LogKeys } from "./keys.js";
import { newLogId } from "./log-id.js";
import { OVERHEAD_BYTES } from "./scripts/append-script.js";
import { LATEST, NEWEST, READ, TIDY } from "./scripts/log-scripts.js";
import { POST, POSTED, TIDY_POSTS } from "./scripts/post-scripts.js";
import { runScript, type Script } from "./scripts/script.js";
import { checkServer } from "./server-check.js";
import { Stride } from "./stride.js";

/** The version of the storage in Redis, and that of the log's texts. */
const FORMAT = `1.${LOG_FORMAT}`;

// Entries per call to Redis.
const MAX_BATCH = 256;
const MAX_BATCH_LENGTH = 1024 * 1024;

/** A read returns after this many bytes: its answer has three seconds at first, also on a slow link. */
const PAGE_BYTES = 1024 * 1024;

/** Entries that are followed at a time. */
const FOLLOWED = 256;

export class RedisEngine implements LogEngine {
	readonly name = "Redis";
	readonly #redis: RedisClient;
	readonly #commands: CommandConnection;
	readonly #calls: RedisCalls;
	readonly #keys: LogKeys;
	readonly #limits: LogLimits;
	readonly #batches: AppendBatches;
	readonly #stride = new Stride(FOLLOWED);
	readonly #closing = new AbortController();

	constructor(redis: RedisClient, prefix: string, limits: LogLimits) {
		this.#redis = redis;
		this.#commands = new CommandConnection(redis);
		this.#calls = redis.isCluster ? redis : this.#commands;
		this.#keys = keysOf(prefix);
		this.#limits = limits;
		this.#batches = new AppendBatches(this.#calls, this.#keys, FORMAT, limits);
	}

	async open(warn: (message: string) => void): Promise<void> {
		await checkServer(this.#calls, this.#keys, this.#limits, warn);
		await this.newest();
	}

	async newest(): Promise<Newest> {
		const answer = await this.#run(NEWEST);
		const [epoch, sequence, tag, now] = answer as [string, unknown, string, unknown];
		return { epoch, sequence: Number(sequence), tag, now: Number(now) };
	}

	append(entries: readonly Storing[]): Promise<readonly (StoredAt | Error)[]> {
		return appendUnlessRefused(
			entries,
			(entry) => this.#refusalOf(entry),
			(fit) => this.#append(fit),
		);
	}

	async #append(entries: readonly Storing[]): Promise<readonly (StoredAt | Error)[]> {
		const calls = inBatches(entries).map(async (batch) => {
			try {
				return await this.#batches.append(batch);
			} catch (error) {
				const failure = error instanceof Error ? error : new Error(String(error));
				return batch.map(() => failure);
			}
		});
		return (await Promise.all(calls)).flat();
	}

	#refusalOf(entry: Storing): Error | undefined {
		if (isWellFormed(entry)) {
			// Trimming leaves 15/16 of the limit.
			const most = Math.floor((this.#limits.maxBytes / 16) * 15);
			return checkSize(this, Buffer.byteLength(entry.text) + OVERHEAD_BYTES, most);
		}
		const message = "Redis cannot store an event with a lone surrogate: it has no UTF-8";
		return new SSEError("ERR_SSE_INVALID_DATA", message);
	}

	async read(from: number, limit: number): Promise<readonly Stored[]> {
		const args = [from, limit, PAGE_BYTES].map(String);
		return readEntries(await runScript(this.#calls, READ, [this.#keys.log], args));
	}

	follow(
		after: number,
		take: (stored: readonly Stored[]) => void,
		signal: AbortSignal,
	): Promise<void> {
		const until = AbortSignal.any([signal, this.#closing.signal]);
		return followStream(this.#redis, this.#keys.log, this.#stride, after, take, until);
	}

	async latest(group: string): Promise<readonly Stored[]> {
		const values = await this.#run(LATEST, [], this.#keys.ofGroup(group));
		return (values as string[]).map(readLatest);
	}

	async tidy(): Promise<void> {
		const { maxAgeMs, idempotencyMs } = this.#limits;
		await this.#run(TIDY, [maxAgeMs, idempotencyMs, MAX_KNOWN].map(String));
		await runScript(this.#calls, TIDY_POSTS, this.#keys.allPosts, []);
	}

	async post(name: string, text: string, ttlMs: number): Promise<void> {
		const args = [encodeName(name), text, `${ttlMs}`];
		await runScript(this.#calls, POST, this.#keys.allPosts, args);
	}

	async posted(): Promise<ReadonlyMap<string, string>> {
		const reply = (await runScript(this.#calls, POSTED, this.#keys.allPosts, [])) as string[];
		const up = new Map<string, string>();
		for (let at = 0; at < reply.length; at += 2) {
			up.set(decodeName(reply[at] ?? ""), reply[at + 1] ?? "");
		}
		return up;
	}

	async close(): Promise<void> {
		this.#closing.abort();
		this.#commands.close();
	}

	/** Runs a script on the log. */
	#run(
		script: Script,
		args: readonly string[] = [],
		keys: readonly string[] = [],
	): Promise<unknown> {
		const all = [...this.#keys.all, ...keys];
		return runScript(this.#calls, script, all, [FORMAT, newLogId(), ...args]);
	}
}

/** Whether Redis returns the text unchanged. */
function isWellFormed({ text, ownId = "" }: Storing): boolean {
	return text.isWellFormed() && ownId.isWellFormed();
}

function inBatches(entries: readonly Storing[]): readonly (readonly Storing[])[] {
	const batches: Storing[][] = [];
	let length = 0;
	for (const entry of entries) {
		const batch = batches.at(-1);
		length += entry.text.length;
		if (batch !== undefined && batch.length < MAX_BATCH && length <= MAX_BATCH_LENGTH) {
			batch.push(entry);
		} else {
			batches.push([entry]);
			length = entry.text.length;
		}
	}
	return batches;
}

/**
 * Runs in Redis, on a client of the application: every process can start, follow and cancel each of them.
 */

import { guarded, SSEError } from "sse-service/engine";
import {
	type ClaimRules,
	newTermAfter,
	type RunEntry,
	RunListeners,
	type RunSnapshot,
	type RunStatus,
	type RunStore,
	type RunWrite,
} from "sse-service/runs";
import type { RedisCalls, RedisClient } from "../clients/client.js";
import { clientOf } from "../clients/detect-client.js";
import { CommandConnection } from "../command-connection.js";
import { decodeName } from "../keys.js";
import { newLogId } from "../log-id.js";
import { type RedisRunStoreOptions, resolveRunStoreOptions } from "../options.js";
import { isScriptError, runScript, type Script } from "../scripts/script.js";
import { checkEviction } from "../server-check.js";
import { decodeChunk } from "./chunk.js";
import { FollowedRun } from "./followed-run.js";
import { followRuns, type RunControl } from "./run-follower.js";
import { encodeRunId, type RunKeys, runKeysOf } from "./run-keys.js";
import { LEAVE_RUN, READ_RUN } from "./run-mail.js";
import { partOf, RunReads } from "./run-reads.js";
import { argsOf, sequenceOf, statusOf } from "./run-replies.js";
import { ADOPT, CANCEL, CLAIM, LIST, SETTLE, WRITE } from "./run-scripts.js";

/** Chunks per read, and the bytes of them after which there are enough: a reader that does not read on holds them. */
const CHUNKS = 128;
const READ_BYTES = 128 * 1024;
/** Writes per call to Redis. */
const MAX_WRITES = 256;

/**
 * Creates a store of runs: `createRuns({ store: redisRunStore({ client }) })`, which closes it.
 *
 * @throws `ERR_SSE_INVALID_OPTION`
 */
export function redisRunStore(options: RedisRunStoreOptions): RunStore {
	const { client, prefix, onError } = resolveRunStoreOptions(options);
	return new RedisRunStore(clientOf(client), prefix, guarded(onError));
}

class RedisRunStore implements RunStore {
	readonly #redis: RedisClient;
	readonly #commands: CommandConnection;
	readonly #calls: RedisCalls;
	readonly #keys: RunKeys;
	/** The keys that every script receives. */
	readonly #common: readonly string[];
	readonly #reads = new RunReads();
	readonly #onError: (error: unknown) => void;
	/** By attempt. */
	readonly #followed = new Map<string, FollowedRun>();
	readonly #listeners = new RunListeners();
	readonly #closing = new AbortController();
	#following: Promise<void> | undefined;
	/** The name of the inbox of this process. */
	#inbox: string | undefined;
	/** Counts for how many times this process has followed a run. */
	#times = 0;

	constructor(redis: RedisClient, prefix: string, onError: (error: unknown) => void) {
		this.#redis = redis;
		this.#commands = new CommandConnection(redis);
		this.#calls = redis.isCluster ? redis : this.#commands;
		this.#keys = runKeysOf(prefix);
		this.#common = [...this.#keys.index, this.#keys.control];
		this.#onError = onError;
	}

	async claim(id: string, rules: ClaimRules): Promise<{ status: RunStatus; isOwn: boolean }> {
		// Follows before any run exists, so that no cancellation is missed.
		this.#follow();
		const { leaseMs, ttlMs, maxRuns } = rules;
		const limit = Math.min(maxRuns, Number.MAX_SAFE_INTEGER);
		const args = [newLogId(), leaseMs, ttlMs, limit].map(String);
		try {
			const [status, isOwn] = (await this.#ofRun(CLAIM, id, args)) as [unknown[], number];
			return { status: statusOf(status), isOwn: Number(isOwn) === 1 };
		} catch (error) {
			if (!isScriptError(error, "SSEMAXRUNS")) throw error;
			throw new SSEError("ERR_SSE_MAX_RUNS", `Too many runs: maxRuns is ${maxRuns}`, {
				cause: error,
			});
		}
	}

	async adopt(id: string, attempt: string, rules: ClaimRules): Promise<RunStatus | undefined> {
		const args = [attempt, rules.leaseMs, rules.ttlMs, newTermAfter(0)].map(String);
		const status = (await this.#ofRun(ADOPT, id, args)) as unknown[] | null;
		return status === null ? undefined : statusOf(status);
	}

	async write(writes: readonly RunWrite[]): Promise<(number | undefined)[]> {
		const results: (number | undefined)[] = [];
		for (let at = 0; at < writes.length; at += MAX_WRITES) {
			const batch = writes.slice(at, at + MAX_WRITES);
			const keys = batch.map(({ id }) => this.#keys.ofRun(encodeRunId(id)));
			const args: string[] = [];
			for (const write of batch) args.push(...argsOf(write));
			const answer = await runScript(this.#calls, WRITE, [...this.#common, ...keys], args);
			results.push(...(answer as unknown[]).map(sequenceOf));
		}
		return results;
	}

	async cancel(id: string, reason = "", ttlMs: number): Promise<boolean> {
		return Number(await this.#ofRun(CANCEL, id, [reason, String(ttlMs)])) === 1;
	}

	async settle(id: string): Promise<RunStatus | undefined> {
		const found = (await this.#ofRun(SETTLE, id, [])) as unknown[] | null;
		const settled = found === null ? undefined : statusOf(found);
		if (settled?.state !== "running") this.#followed.get(settled?.attempt ?? "")?.onOver();
		return settled;
	}

	async read(
		id: string,
		attempt: string,
		from: number,
		limit: number,
	): Promise<readonly RunEntry[] | undefined> {
		const followed = this.#followed.get(attempt);
		const here = followed?.read(from, limit);
		if (here !== undefined) return here;

		const inbox = followed === undefined ? undefined : this.#inbox;
		const follower = inbox === undefined ? "" : `${inbox}/${followed?.number}`;
		const name = encodeRunId(id);
		const stream = this.#keys.ofAttempt(name, attempt);
		const part = await this.#reads.part(`${follower} ${stream}`, from, async () => {
			const keys = [this.#keys.ofRun(name), stream, this.#keys.ofInbox(inbox ?? "")];
			const args = [attempt, String(from), String(CHUNKS), String(READ_BYTES), follower];
			const reply = await runScript(this.#calls, READ_RUN, keys, args);
			if (reply === null) return undefined;
			const [isLast, isFollowed, found] = reply as [number, number, unknown[]];
			const part = partOf(found.map(decodeChunk), from);
			return (
				part && { ...part, isLast: Number(isLast) === 1, isFollowed: Number(isFollowed) === 1 }
			);
		});
		if (part === undefined) return undefined;
		// What comes after this part goes to the inbox, unless another one has taken its place.
		if (part.isFollowed && inbox === this.#inbox) followed?.begin(part.from, part.entries);
		const at = Math.max(0, from - part.from);
		return part.entries.slice(at, at + limit);
	}

	async snapshot(id: string, attempt: string): Promise<RunSnapshot | undefined> {
		const key = this.#keys.ofRun(encodeRunId(id));
		const reply = await this.#calls.call(["HMGET", key, "attempt", "snapshot", "folded"], key);
		const [own, sequence, state] = reply as (string | null)[];
		if (own !== attempt || typeof sequence !== "string" || typeof state !== "string") {
			return undefined;
		}
		return { sequence: Number(sequence), state };
	}

	watch({ id, attempt }: Pick<RunStatus, "id" | "attempt">, onChange: () => void): () => void {
		this.#follow();
		const key = this.#keys.ofRun(encodeRunId(id));
		const followed = this.#followed.get(attempt) ?? new FollowedRun(key, ++this.#times);
		this.#followed.set(attempt, followed);
		followed.add(onChange);
		return () => {
			if (followed.remove(onChange) > 0 || this.#followed.get(attempt) !== followed) return;
			this.#followed.delete(attempt);
			void this.#leave(attempt, followed);
		};
	}

	onCancelled(listener: (attempt: string) => void): () => void {
		return this.#listeners.onCancelled(listener);
	}

	onReleased(listener: (run: Pick<RunStatus, "id" | "attempt">) => void): () => void {
		const stop = this.#listeners.onReleased(listener);
		if (this.#following === undefined) this.#follow();
		else void this.#lookForReleased();
		return stop;
	}

	async list(limit: number): Promise<RunStatus[]> {
		// As a key, because a client may have a prefix for keys.
		const keys = [...this.#common, this.#keys.ofRun("")];
		const found = await runScript(this.#calls, LIST, keys, [String(limit)]);
		return (found as unknown[][]).map(statusOf);
	}

	async close(): Promise<void> {
		this.#closing.abort();
		this.#commands.close();
		await this.#following;
	}

	#ofRun(script: Script, id: string, args: readonly string[]): Promise<unknown> {
		const name = encodeRunId(id);
		return runScript(
			this.#calls,
			script,
			[...this.#common, this.#keys.ofRun(name)],
			[name, ...args],
		);
	}

	#follow(): void {
		const { signal } = this.#closing;
		if (signal.aborted || this.#following !== undefined) return;
		void checkEviction(this.#calls, this.#keys.control, this.#onError);
		const host = {
			followed: this.#followed,
			onFollowing: (inbox: string) => {
				this.#inbox = inbox;
				this.#reads.forget();
				void this.#lookForReleased();
			},
			onControl: ({ kind, attempt, name }: RunControl) => {
				if (kind === "released") this.#listeners.released({ id: decodeName(name), attempt });
				else this.#listeners.cancelled(attempt);
			},
			onError: (error: unknown) => this.#onError(error),
		};
		this.#following = followRuns(this.#redis, this.#keys, host, signal);
	}

	async #lookForReleased(): Promise<void> {
		try {
			await this.#listeners.findReleased(this);
		} catch (error) {
			if (!this.#closing.signal.aborted) this.#onError(error);
		}
	}

	/** Unregisters this process as a follower of an attempt. */
	async #leave(attempt: string, { key, number, isOver }: FollowedRun): Promise<void> {
		if (this.#inbox === undefined || isOver || this.#closing.signal.aborted) return;
		try {
			await runScript(this.#calls, LEAVE_RUN, [key], [attempt, `${this.#inbox}/${number}`]);
		} catch (error) {
			if (!this.#closing.signal.aborted) this.#onError(error);
		}
	}
}

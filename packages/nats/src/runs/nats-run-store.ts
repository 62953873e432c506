/**
 * Runs in NATS JetStream, on a connection of the application: every process can start, follow and cancel each of them.
 */
import { randomBytes } from "node:crypto";
import { SSEError } from "sse-service/engine";
import type {
	ClaimRules,
	RunEntry,
	RunSnapshot,
	RunStatus,
	RunStore,
	RunWrite,
} from "sse-service/runs";
import { JetStream } from "../jetstream.js";
import {
	type NatsRunStoreOptions,
	type ResolvedRunStoreOptions,
	resolveRunStoreOptions,
} from "../options.js";
import { Requests } from "../requests.js";
import { decideWrite } from "./decide-write.js";
import { LiveRuns } from "./live-runs.js";
import { readRun } from "./read-run.js";
import { Removal } from "./removal.js";
import { RunControl, type RunControlMessage } from "./run-control.js";
import { adopted, claimed, ended, statusOf } from "./run-head.js";
import { isForgotten, isLost, leaseLeftOf, type Newest, RunKeeper } from "./run-keeper.js";
import { BodyReader, type RunRecord } from "./run-record.js";
import { RunStream } from "./run-stream.js";

type ReleasedRun = Pick<RunStatus, "id" | "attempt">;

/** Of the newest runs, those that were released before this process listened. */
const MAX_RELEASED = 1_000;

/**
 * Creates a store of runs: `createRuns({ store: natsRunStore({ connection }) })`, which closes it. Every process that uses the same
 * `prefix` on the same NATS shares them.
 *
 * @throws `ERR_SSE_INVALID_OPTION`
 */
export function natsRunStore(options: NatsRunStoreOptions): RunStore {
	return new NatsRunStore(resolveRunStoreOptions(options));
}

class NatsRunStore implements RunStore {
	readonly #requests: Requests;
	readonly #stream: RunStream;
	readonly #keeper: RunKeeper;
	readonly #removal: Removal;
	readonly #live: LiveRuns;
	readonly #control: RunControl;
	readonly #onError: (error: unknown) => void;
	/** What this process has written last, by attempt: the runs it produces. */
	readonly #own = new Map<string, Newest>();
	readonly #cancelListeners = new Set<(attempt: string) => void>();
	readonly #releaseListeners = new Set<(run: ReleasedRun) => void>();
	#unlisten: (() => void) | undefined;
	#isClosed = false;

	constructor(options: ResolvedRunStoreOptions) {
		const { connection, inboxPrefix, apiPrefix } = options;
		this.#onError = (error) => {
			if (!this.#isClosed) options.onError(error);
		};
		this.#requests = new Requests(connection, inboxPrefix);
		this.#stream = new RunStream(new JetStream(this.#requests, apiPrefix), options);
		this.#removal = new Removal(this.#stream, this.#onError);
		this.#keeper = new RunKeeper(this.#stream, (newest) => this.#removal.plan(newest));
		this.#live = new LiveRuns(this.#requests, this.#stream.subjects, this.#onError);
		this.#control = new RunControl(this.#requests, this.#stream.subjects.control, (message) =>
			this.#hear(message),
		);
	}

	async claim(
		id: string,
		rules: ClaimRules,
	): Promise<{ readonly status: RunStatus; readonly isOwn: boolean }> {
		// Listens before any run exists, so that no cancellation is missed.
		this.#open();
		this.#removal.sweepOnce();
		const attempt = randomBytes(9).toString("base64url");
		const { answer, status, newest, before } = await this.#keeper.change(id, async (head, now) => {
			if (head?.state === "running") return { answer: false };
			if (head === undefined) await this.#checkRoom(rules.maxRuns);
			return { answer: true, draft: claimed(id, attempt, rules, now) };
		});
		if (answer && newest !== undefined) this.#keep(newest);
		if (answer && before !== undefined) void this.#removal.remove(before);
		return { status: status as RunStatus, isOwn: answer };
	}

	async adopt(id: string, attempt: string, rules: ClaimRules): Promise<RunStatus | undefined> {
		this.#open();
		const { answer, status, newest } = await this.#keeper.change(id, (head) => {
			const { state, isReleased } = head ?? {};
			if (head?.attempt !== attempt || state !== "running" || isReleased !== true) {
				return { answer: false };
			}
			return { answer: true, draft: adopted(head, rules) };
		});
		if (!answer || newest === undefined) return undefined;
		this.#keep(newest);
		return status;
	}

	async write(writes: readonly RunWrite[]): Promise<readonly (number | undefined)[]> {
		this.#open();
		return Promise.all(writes.map((write) => this.#write(write)));
	}

	async cancel(id: string, reason: string | undefined, ttlMs: number): Promise<boolean> {
		this.#open();
		const { answer } = await this.#keeper.change<string | undefined>(id, (head, now) => {
			if (head?.state !== "running") return { answer: undefined };
			return { answer: head.attempt, draft: ended(head, "cancelled", reason, ttlMs, now) };
		});
		if (answer === undefined) return false;
		this.#control.tell({ kind: "cancelled", id, attempt: answer });
		return true;
	}

	async settle(id: string): Promise<RunStatus | undefined> {
		this.#open();
		const { status, newest } = await this.#keeper.change(id, () => ({ answer: undefined }));
		if (status === undefined || newest === undefined) return undefined;
		const followed = this.#live.get(id, status.attempt);
		// What was published here did not all arrive.
		if (followed?.last !== undefined && followed.last < newest.sequence) followed.lose();
		return status;
	}

	async read(
		id: string,
		attempt: string,
		from: number,
		limit: number,
	): Promise<readonly RunEntry[] | undefined> {
		const followed = this.#live.get(id, attempt);
		const here = followed?.read(from, limit);
		if (here !== undefined) return here;
		const last = await this.#last(id, attempt);
		if (last === undefined) return undefined;
		const subject = this.#stream.subjects.run(id);
		return readRun(this.#stream, { subject, last }, { from, limit }, followed);
	}

	async snapshot(id: string, attempt: string): Promise<RunSnapshot | undefined> {
		const last = await this.#last(id, attempt);
		const at = last?.head.snapshot ?? 0;
		const record = at === last?.sequence ? last : at === 0 ? undefined : await this.#stream.at(at);
		if (record === undefined) return undefined;
		const subject = this.#stream.subjects.run(id);
		const bodies = new BodyReader();
		for (let next = record.since; next < record.sequence; ) {
			const part = await this.#stream.next(subject, next);
			if (part === undefined || part.sequence >= record.sequence) break;
			bodies.take(part);
			next = part.sequence + 1;
		}
		return bodies.snapshot(record);
	}

	watch({ id, attempt }: Pick<RunStatus, "id" | "attempt">, onChange: () => void): () => void {
		this.#open();
		return this.#live.watch(id, attempt, onChange);
	}

	onCancelled(listener: (attempt: string) => void): () => void {
		this.#cancelListeners.add(listener);
		return () => {
			this.#cancelListeners.delete(listener);
		};
	}

	onReleased(listener: (run: ReleasedRun) => void): () => void {
		this.#releaseListeners.add(listener);
		void this.#lookForReleased();
		return () => {
			this.#releaseListeners.delete(listener);
		};
	}

	async list(limit: number): Promise<RunStatus[]> {
		this.#open();
		const [records, now] = await Promise.all([this.#stream.newest(), this.#stream.now()]);
		const newestFirst = records
			.filter(({ head }) => !isForgotten(head, now))
			.sort((one, other) => other.head.first - one.head.first)
			.slice(0, limit);
		const statuses = newestFirst.map((record) =>
			isLost(record, now)
				? this.settle(record.head.id)
				: statusOf(record.head, leaseLeftOf(record, now)),
		);
		return (await Promise.all(statuses)).filter((status) => status !== undefined);
	}

	async close(): Promise<void> {
		if (this.#isClosed) return;
		this.#isClosed = true;
		this.#removal.close();
		this.#live.close();
		this.#control.close();
		this.#unlisten?.();
		this.#requests.close();
	}

	async #write(write: RunWrite): Promise<number | undefined> {
		const { id, attempt, release } = write;
		const own = this.#own.get(attempt);
		this.#own.delete(attempt);
		// Without an own record of a lease that lasts, the newest one is read.
		const known = own !== undefined && isLeased(own) ? own : undefined;
		const { answer, newest } = await this.#keeper.change(
			id,
			(head, now) => decideWrite(write, head, now),
			known,
		);
		if (answer === undefined) return undefined;
		if (release === true) this.#control.tell({ kind: "released", id, attempt });
		else if (newest?.head.state === "running") this.#own.set(attempt, newest);
		return answer;
	}

	async #checkRoom(maxRuns: number): Promise<void> {
		if ((await this.#stream.count()) < maxRuns) return;
		await this.#removal.sweep();
		if ((await this.#stream.count()) < maxRuns) return;
		throw new SSEError("ERR_SSE_MAX_RUNS", `Too many runs: maxRuns is ${maxRuns}`);
	}

	/** The newest record of an attempt, unless it is no longer kept. */
	async #last(id: string, attempt: string): Promise<RunRecord | undefined> {
		this.#open();
		const last = await this.#stream.last(this.#stream.subjects.run(id));
		if (last?.head.attempt !== attempt) return undefined;
		return isForgotten(last.head, await this.#stream.now()) ? undefined : last;
	}

	#open(): void {
		if (this.#isClosed) throw new Error("The run store is closed");
		if (this.#unlisten !== undefined) return;
		this.#requests.open();
		this.#control.open();
		this.#unlisten = this.#requests.connectivity.listen({
			// NATS may come back without its newest messages.
			onDown: () => this.#own.clear(),
			onUp: () => {
				this.#stream.forget();
				this.#live.lose();
				void this.#lookForReleased();
			},
			onRefused: (subject, error) => {
				if (this.#stream.subjects.has(subject)) this.#onError(error);
			},
		});
	}

	#hear({ kind, id, attempt }: RunControlMessage): void {
		if (kind === "released") this.#released({ id, attempt });
		else for (const listener of this.#cancelListeners) listener(attempt);
	}

	#released(run: ReleasedRun): void {
		for (const listener of this.#releaseListeners) listener(run);
	}

	async #lookForReleased(): Promise<void> {
		if (this.#releaseListeners.size === 0) return;
		try {
			for (const run of await this.list(MAX_RELEASED)) if (run.isReleased) this.#released(run);
		} catch (error) {
			this.#onError(error);
		}
	}

	/** Keeps what this process has written; nothing of runs whose producers were stopped here. */
	#keep(newest: Newest): void {
		for (const [attempt, own] of this.#own) if (!isLeased(own)) this.#own.delete(attempt);
		this.#own.set(newest.head.attempt, newest);
	}
}

function isLeased({ leaseUntil = 0 }: Newest): boolean {
	return performance.now() < leaseUntil;
}

/**
 * Runs in NATS JetStream, on a connection of the application: every process can start, follow and cancel each of them.
 */
import { randomBytes } from "node:crypto";
import { guarded } from "sse-service/engine";
import {
	type ClaimRules,
	type RunEntry,
	RunListeners,
	type RunSnapshot,
	type RunStatus,
	type RunStore,
	type RunWrite,
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
import { OwnRuns } from "./own-runs.js";
import { readRun } from "./read-run.js";
import { readSnapshot } from "./read-snapshot.js";
import { Removal } from "./removal.js";
import { RunControl, type RunControlMessage } from "./run-control.js";
import { adopted, claimed, ended, statusOf } from "./run-head.js";
import { dueAt, isForgotten, isLost, leaseLeftOf, RunKeeper } from "./run-keeper.js";
import type { RunRecord } from "./run-record.js";
import { RunStream } from "./run-stream.js";

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
	readonly #own = new OwnRuns();
	readonly #listeners = new RunListeners();
	#unlisten: (() => void) | undefined;
	#isClosed = false;

	constructor(options: ResolvedRunStoreOptions) {
		const { connection, inboxPrefix, apiPrefix } = options;
		const onError = guarded(options.onError);
		this.#onError = (error) => {
			if (!this.#isClosed) onError(error);
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
			if (head === undefined) await this.#removal.makeRoom(rules.maxRuns);
			return { answer: true, draft: claimed(id, attempt, rules, now) };
		});
		if (answer && newest !== undefined) this.#own.keep(newest);
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
		this.#own.keep(newest);
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
		return record && readSnapshot(this.#stream, id, record);
	}

	watch({ id, attempt }: Pick<RunStatus, "id" | "attempt">, onChange: () => void): () => void {
		this.#open();
		return this.#live.watch(id, attempt, onChange);
	}

	onCancelled(listener: (attempt: string) => void): () => void {
		return this.#listeners.onCancelled(listener);
	}

	onReleased(listener: (run: Pick<RunStatus, "id" | "attempt">) => void): () => void {
		const stop = this.#listeners.onReleased(listener);
		void this.#lookForReleased();
		return stop;
	}

	async list(limit: number): Promise<RunStatus[]> {
		this.#open();
		const [records, now] = await Promise.all([this.#stream.newest(), this.#stream.now(0)]);
		const newestFirst = records
			.filter((record) => !isForgotten(record, now))
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
		// Without it, the newest record is read.
		const known = this.#own.take(attempt);
		const { answer, newest } = await this.#keeper.change(
			id,
			(head, now) => decideWrite(write, head, now),
			known,
		);
		if (answer === undefined) return undefined;
		if (release === true) this.#control.tell({ kind: "released", id, attempt });
		else if (newest?.head.state === "running") this.#own.put(newest);
		return answer;
	}

	/** The newest record of an attempt, unless it is no longer kept. */
	async #last(id: string, attempt: string): Promise<RunRecord | undefined> {
		this.#open();
		const last = await this.#stream.last(this.#stream.subjects.run(id));
		if (last?.head.attempt !== attempt) return undefined;
		return isForgotten(last, await this.#stream.now(dueAt(last))) ? undefined : last;
	}

	#open(): void {
		if (this.#isClosed) throw new Error("The run store is closed");
		if (this.#unlisten !== undefined) return;
		this.#requests.open();
		this.#control.open();
		this.#unlisten = this.#requests.connectivity.listen({
			// NATS may restart without its newest messages.
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
		if (kind === "released") this.#listeners.released({ id, attempt });
		else this.#listeners.cancelled(attempt);
	}

	async #lookForReleased(): Promise<void> {
		try {
			await this.#listeners.findReleased(this);
		} catch (error) {
			this.#onError(error);
		}
	}
}

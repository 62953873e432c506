/**
 * Runs in the memory of this process.
 */

import { SSEError } from "../checks/errors.js";
import { randomId } from "../checks/random-id.js";
import { endEntry, endReasonOf } from "./run-end.js";
import { RunEntries } from "./run-entries.js";
import { RunListeners } from "./run-listeners.js";
import type {
	ClaimRules,
	RunEntry,
	RunOutcome,
	RunSnapshot,
	RunStatus,
	RunStore,
	RunWrite,
} from "./run-store.js";

interface Run {
	readonly id: string;
	readonly attempt: string;
	readonly startedAt: number;
	readonly ttlMs: number;
	readonly entries: RunEntries;
	term: number;
	isReleased: boolean;
	/** The number of entries that the producer wrote. The end may come from elsewhere. */
	written: number;
	state: "running" | RunOutcome;
	reason: string | undefined;
	length: number;
	/** By the monotonic clock: that of the machine may jump. */
	leaseUntil: number;
	endedAt: number | undefined;
	snapshot: RunSnapshot | undefined;
	/** Forgets the run some time after its end. */
	timer: ReturnType<typeof setTimeout> | undefined;
}

/** Creates a store for one process, whose runs end with it. */
export function createMemoryRunStore(): RunStore {
	return new MemoryRunStore();
}

class MemoryRunStore implements RunStore {
	/** Oldest first. */
	readonly #runs = new Map<string, Run>();
	readonly #watchers = new Map<string, Set<() => void>>();
	readonly #listeners = new RunListeners();

	async claim(id: string, rules: ClaimRules): Promise<{ status: RunStatus; isOwn: boolean }> {
		const known = this.#settled(id);
		if (known?.state === "running") return { status: statusOf(known), isOwn: false };
		if (known === undefined && this.#runs.size >= rules.maxRuns) {
			throw new SSEError("ERR_SSE_MAX_RUNS", `Too many runs: maxRuns is ${rules.maxRuns}`);
		}
		if (known !== undefined) this.#forget(known);
		const now = Date.now();
		const run: Run = {
			id,
			attempt: randomId(10),
			startedAt: now,
			ttlMs: rules.ttlMs,
			entries: new RunEntries(),
			term: 1,
			isReleased: false,
			written: 0,
			state: "running",
			reason: undefined,
			length: 0,
			leaseUntil: performance.now() + rules.leaseMs,
			endedAt: undefined,
			snapshot: undefined,
			timer: undefined,
		};
		this.#runs.set(id, run);
		this.#changed(id);
		return { status: statusOf(run), isOwn: true };
	}

	async adopt(id: string, attempt: string, rules: ClaimRules): Promise<RunStatus | undefined> {
		const run = this.#settled(id);
		if (run?.attempt !== attempt || run.state !== "running" || !run.isReleased) return undefined;
		run.isReleased = false;
		run.term++;
		run.leaseUntil = performance.now() + rules.leaseMs;
		return statusOf(run);
	}

	async write(writes: readonly RunWrite[]): Promise<(number | undefined)[]> {
		return writes.map(({ id, attempt, term, after, entries, snapshot, release, rules }) => {
			const run = this.#settled(id);
			if (run?.attempt !== attempt) return undefined;
			const last = after + entries.length;
			if (entries.length > 0 && run.written >= last) return last;
			if (run.state !== "running" || run.term !== term) return undefined;
			// A renewal that comes late must not take back what was stored since then.
			if (run.written > last) return run.written;
			run.leaseUntil = performance.now() + rules.leaseMs;
			if (snapshot !== undefined) run.snapshot = snapshot;
			this.#append(run, entries);
			run.written = run.entries.count;
			if (release === true) {
				run.isReleased = true;
				this.#listeners.released(run);
			}
			return run.written;
		});
	}

	async cancel(id: string, reason: string | undefined): Promise<boolean> {
		const run = this.#settled(id);
		if (run?.state !== "running") return false;
		this.#append(run, [endEntry("cancelled", reason)]);
		this.#listeners.cancelled(run.attempt);
		return true;
	}

	async settle(id: string): Promise<RunStatus | undefined> {
		const run = this.#settled(id);
		return run && statusOf(run);
	}

	async read(
		id: string,
		attempt: string,
		from: number,
		limit: number,
	): Promise<readonly RunEntry[] | undefined> {
		const run = this.#runs.get(id);
		if (run?.attempt !== attempt) return undefined;
		return run.entries.read(from, limit);
	}

	async snapshot(id: string, attempt: string): Promise<RunSnapshot | undefined> {
		const run = this.#runs.get(id);
		return run?.attempt === attempt ? run.snapshot : undefined;
	}

	watch({ id }: Pick<RunStatus, "id">, onChange: () => void): () => void {
		const watchers = this.#watchers.get(id) ?? new Set();
		this.#watchers.set(id, watchers);
		watchers.add(onChange);
		return () => {
			watchers.delete(onChange);
			if (watchers.size === 0 && this.#watchers.get(id) === watchers) this.#watchers.delete(id);
		};
	}

	onCancelled(listener: (attempt: string) => void): () => void {
		return this.#listeners.onCancelled(listener);
	}

	onReleased(listener: (run: Pick<RunStatus, "id" | "attempt">) => void): () => void {
		const stop = this.#listeners.onReleased(listener);
		for (const run of this.#runs.values()) if (run.isReleased) listener(run);
		return stop;
	}

	async list(limit: number): Promise<RunStatus[]> {
		const newest = [...this.#runs.keys()].reverse().slice(0, limit);
		return newest.flatMap((id) => this.#settled(id) ?? []).map(statusOf);
	}

	async close(): Promise<void> {
		for (const run of this.#runs.values()) clearTimeout(run.timer);
		this.#runs.clear();
	}

	#settled(id: string): Run | undefined {
		const run = this.#runs.get(id);
		if (run?.state === "running" && performance.now() >= run.leaseUntil) {
			this.#append(run, [endEntry("failed", "lost")]);
		}
		return run;
	}

	#append(run: Run, entries: readonly RunEntry[]): void {
		for (const entry of entries) {
			run.entries.push(entry);
			run.length += entry.data.length;
			if (entry.end !== undefined) this.#end(run, entry.end, endReasonOf(entry));
		}
		if (entries.length > 0) this.#changed(run.id);
	}

	#end(run: Run, state: RunOutcome, reason: string | undefined): void {
		run.state = state;
		run.isReleased = false;
		run.reason = reason;
		run.endedAt = Date.now();
		run.timer = setTimeout(() => this.#forget(run), run.ttlMs);
		run.timer.unref();
	}

	#forget(run: Run): void {
		clearTimeout(run.timer);
		if (this.#runs.get(run.id) === run) this.#runs.delete(run.id);
		this.#changed(run.id);
	}

	#changed(id: string): void {
		for (const onChange of this.#watchers.get(id) ?? []) onChange();
	}
}

function statusOf(run: Run): RunStatus {
	const { id, attempt, term, isReleased, state, reason, length, startedAt, endedAt } = run;
	return {
		...{ id, attempt, term, isReleased, state, reason, length, startedAt, endedAt },
		sequence: run.entries.count,
		leaseLeftMs: state === "running" ? Math.max(0, run.leaseUntil - performance.now()) : 0,
	};
}

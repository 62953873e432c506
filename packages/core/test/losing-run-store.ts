/**
 * A run store that can lose its newest writes, as an engine does in a failover: it keeps what the interface says, and no more.
 */
import type { RunEntry, RunStatus, RunStore } from "../src/runs.js";
import { decodeRunEntries, encodeRunEntries, newTermAfter } from "../src/runs.js";

interface Kept {
	status: RunStatus;
	entries: RunEntry[];
	written: number;
}

export class LosingRunStore implements RunStore {
	readonly #runs = new Map<string, Kept>();
	readonly #watchers = new Set<() => void>();
	readonly #onReleased = new Set<(run: Pick<RunStatus, "id" | "attempt">) => void>();
	#attempts = 0;

	/** Remembers all that it has. @returns a function that loses what was written since */
	remember(): () => void {
		const runs = structuredClone(this.#runs);
		return () => {
			this.#runs.clear();
			for (const [id, run] of structuredClone(runs)) this.#runs.set(id, run);
			this.#changed();
			this.#lookForReleased();
		};
	}

	async claim(id: string) {
		const known = this.#runs.get(id);
		if (known?.status.state === "running") return { status: known.status, isOwn: false };
		const status: RunStatus = {
			...{
				id,
				attempt: `attempt-${++this.#attempts}`,
				term: 1,
				isReleased: false,
				state: "running",
			},
			...{ reason: undefined, sequence: 0, length: 0, startedAt: 0, endedAt: undefined },
			// It never ends a run by itself.
			leaseLeftMs: 200,
		};
		this.#runs.set(id, { status, entries: [], written: 0 });
		return { status, isOwn: true };
	}

	async adopt(id: string, attempt: string): Promise<RunStatus | undefined> {
		const run = this.#runs.get(id);
		if (run?.status.attempt !== attempt || !run.status.isReleased) return undefined;
		run.status = { ...run.status, term: newTermAfter(run.status.term), isReleased: false };
		return run.status;
	}

	async write(writes: Parameters<RunStore["write"]>[0]): Promise<(number | undefined)[]> {
		return writes.map(({ id, attempt, term, after, entries, release = false }) => {
			const run = this.#runs.get(id);
			if (run?.status.attempt !== attempt) return undefined;
			const last = after + entries.length;
			if (entries.length > 0 && run.written >= last) return last;
			const { status } = run;
			if (status.state !== "running" || status.term !== term || status.isReleased) return undefined;
			if (status.sequence < after) return undefined;
			run.entries.push(...decodeRunEntries(encodeRunEntries(entries)));
			run.written = last;
			const state = entries.at(-1)?.end ?? "running";
			run.status = { ...status, sequence: last, state, isReleased: release };
			this.#changed();
			this.#lookForReleased();
			return last;
		});
	}

	async cancel(id: string): Promise<boolean> {
		const run = this.#runs.get(id);
		if (run?.status.state !== "running") return false;
		run.entries.push({ event: "cancelled", data: "{}", end: "cancelled" });
		run.status = { ...run.status, state: "cancelled", sequence: run.status.sequence + 1 };
		this.#changed();
		return true;
	}

	async settle(id: string): Promise<RunStatus | undefined> {
		return this.#runs.get(id)?.status;
	}

	async read(id: string, attempt: string, from: number, limit: number) {
		const run = this.#runs.get(id);
		if (run?.status.attempt !== attempt) return undefined;
		return run.entries.slice(from - 1, from - 1 + limit);
	}

	async snapshot(): Promise<undefined> {}

	watch(_run: unknown, onChange: () => void): () => void {
		this.#watchers.add(onChange);
		return () => this.#watchers.delete(onChange);
	}

	onCancelled(): () => void {
		return () => {};
	}

	onReleased(listener: (run: Pick<RunStatus, "id" | "attempt">) => void): () => void {
		this.#onReleased.add(listener);
		this.#lookForReleased();
		return () => this.#onReleased.delete(listener);
	}

	async list(): Promise<RunStatus[]> {
		return [...this.#runs.values()].map(({ status }) => status);
	}

	async close(): Promise<void> {}

	#changed(): void {
		for (const onChange of this.#watchers) onChange();
	}

	#lookForReleased(): void {
		for (const { status } of this.#runs.values()) {
			if (status.isReleased) for (const listener of this.#onReleased) listener(status);
		}
	}
}

/**
 * What the suite of run stores expects of a store, and of the harness that opens it.
 *
 * The types of `sse-service/runs` fit these. The core is tested with this package, so this package cannot import them.
 */

type Outcome = "done" | "failed" | "cancelled";

export interface Entry {
	readonly event?: string | undefined;
	readonly data: string;
	readonly end?: Outcome | undefined;
	readonly mark?: string | undefined;
}

export interface Status {
	readonly id: string;
	readonly attempt: string;
	readonly term: number;
	readonly isReleased: boolean;
	readonly state: "running" | Outcome;
	readonly reason: string | undefined;
	readonly sequence: number;
	readonly length: number;
	readonly startedAt: number;
	readonly endedAt: number | undefined;
	readonly leaseLeftMs: number;
}

export interface Rules {
	readonly leaseMs: number;
	readonly ttlMs: number;
	readonly maxRuns: number;
}

interface Snapshot {
	readonly sequence: number;
	readonly state: string;
}

interface Write {
	readonly id: string;
	readonly attempt: string;
	readonly term: number;
	readonly after: number;
	readonly entries: readonly Entry[];
	readonly snapshot?: Snapshot | undefined;
	readonly release?: boolean | undefined;
	readonly rules: Rules;
}

export interface TestedRunStore {
	claim(id: string, rules: Rules): Promise<{ readonly status: Status; readonly isOwn: boolean }>;
	adopt(id: string, attempt: string, rules: Rules): Promise<Status | undefined>;
	write(writes: readonly Write[]): Promise<readonly (number | undefined)[]>;
	cancel(id: string, reason: string | undefined, ttlMs: number): Promise<boolean>;
	settle(id: string): Promise<Status | undefined>;
	read(
		id: string,
		attempt: string,
		from: number,
		limit: number,
	): Promise<readonly Entry[] | undefined>;
	snapshot(id: string, attempt: string): Promise<Snapshot | undefined>;
	watch(run: { readonly id: string; readonly attempt: string }, onChange: () => void): () => void;
	onCancelled(listener: (attempt: string) => void): () => void;
	onReleased(
		listener: (run: { readonly id: string; readonly attempt: string }) => void,
	): () => void;
	list(limit: number): Promise<Status[]>;
	close(): Promise<void>;
}

export interface RunStoreHarness {
	/**
	 * Opens a store, as another process would. Called twice for each test: both must keep the same runs, and none of an earlier
	 * test. A store for a single process returns the same object twice. The suite closes both.
	 */
	open(): Promise<TestedRunStore>;
	/** Called after each test, once the stores are closed. Later tests must not see the runs of this one. */
	close?(): Promise<void>;
}

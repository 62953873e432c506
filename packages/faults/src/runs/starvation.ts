/**
 * Starvation: for how long processes were ready to run and had no processor, because the machine was busy.
 *
 * A clock that stands still meanwhile excuses every delay that the machine causes, and no hang: what hangs waits for a message or a
 * timer, so it is not ready to run, and the clock goes on as soon as the other work is done.
 */
import { readdirSync, readFileSync } from "node:fs";

const NANOS_PER_MS = 1_000_000;
/** A look reads a file for each thread. */
const LOOK_EVERY_MS = 100;

export class Starvation {
	readonly #pidsOf: () => readonly number[];
	readonly #begunAt = performance.now();
	/** By thread: how long it had waited for a processor when it was last looked at. */
	#waited: ReadonlyMap<string, number>;
	/** By thread: for how long since the construction. */
	readonly #starved = new Map<string, number>();
	#totalMs = 0;
	#lookedAt = performance.now();

	/** @param pidsOf the processes of the moment. One that is started again counts from its start */
	constructor(pidsOf: () => readonly number[]) {
		this.#pidsOf = pidsOf;
		this.#waited = waitedOf(pidsOf());
	}

	/**
	 * The starvation of all threads since the construction, in milliseconds, at most 100 ms old: their sum, because a message goes
	 * through one thread after the other, and no more than the time that has passed. 0 on systems without `/proc`.
	 */
	get ms(): number {
		if (performance.now() - this.#lookedAt < LOOK_EVERY_MS) return this.#totalMs;
		const now = performance.now();
		const waited = waitedOf(this.#pidsOf());
		for (const [thread, ms] of waited) {
			const added = ms - (this.#waited.get(thread) ?? 0);
			this.#totalMs += added;
			this.#starved.set(thread, (this.#starved.get(thread) ?? 0) + added);
		}
		this.#totalMs = Math.min(this.#totalMs, now - this.#begunAt);
		this.#waited = waited;
		this.#lookedAt = now;
		return this.#totalMs;
	}

	/** The starvation of the thread that starved most, in milliseconds. */
	get ofOneMs(): number {
		return Math.max(0, ...this.#starved.values());
	}
}

function waitedOf(pids: readonly number[]): Map<string, number> {
	const waited = new Map<string, number>();
	for (const pid of pids) {
		for (const path of threadsOf(pid)) {
			// Time with a processor and time without, in nanoseconds.
			const [, nanos] = (read(path) ?? "").split(" ");
			if (nanos !== undefined) waited.set(path, Number(nanos) / NANOS_PER_MS);
		}
	}
	return waited;
}

function threadsOf(pid: number): string[] {
	const folder = `/proc/${pid}/task`;
	try {
		return readdirSync(folder).map((thread) => `${folder}/${thread}/schedstat`);
	} catch {
		// It has ended, or the system has no such folder.
		return [];
	}
}

function read(path: string): string | undefined {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return undefined;
	}
}

/**
 * A reader: the entries of one run from a position to its end, as they come, at the pace of whom they are for.
 */
import { endEntry } from "./run-end.js";
import type { RunEntry, RunStatus, RunStore } from "./run-store.js";

/** Entries that follow each other; `from` is the sequence of the first. */
export interface RunPage {
	readonly from: number;
	readonly entries: readonly RunEntry[];
}

/** How many entries are read at a time. */
const PAGE = 256;
// After a lease is over the store is asked: not before its own clock says so.
const LEASE_SLACK_MS = 50;
// A store that cannot be reached is asked again after so long, in milliseconds.
const RETRY_MS = 500;

/**
 * Ends after the page with the run's end, or when `signal` is aborted. What the store rejects with is given to `onError`,
 * and asked for again.
 *
 * @returns false when the attempt is no longer kept, and there was no end to be read
 */
export async function* readRun(
	store: RunStore,
	run: RunStatus,
	from: number,
	signal: AbortSignal,
	onError: (error: unknown) => void,
): AsyncGenerator<RunPage, boolean> {
	const { id, attempt } = run;
	const bell = new Bell();
	const stop = store.watch(run, () => bell.ring());
	signal.addEventListener("abort", () => bell.ring(), { once: true });
	let next = from;
	let silentMs = run.leaseLeftMs + LEASE_SLACK_MS;
	try {
		while (!signal.aborted) {
			bell.clear();
			try {
				const entries = await store.read(id, attempt, next, PAGE);
				if (entries === undefined) return false;
				if (entries.length > 0) {
					yield { from: next, entries };
					next += entries.length;
					if (entries.at(-1)?.end !== undefined) return true;
				} else if (!(await bell.wait(silentMs)) && !signal.aborted) {
					// Nothing came for as long as the producer's lease: is it still there?
					const status = await store.settle(id);
					if (status?.attempt !== attempt) return false;
					silentMs = status.leaseLeftMs + LEASE_SLACK_MS;
					const { state, reason, sequence } = status;
					if (state !== "running" && sequence < next) {
						// The store has lost what was read here already. The end is known all the same.
						yield { from: next, entries: [endEntry(state, reason)] };
						return true;
					}
				}
			} catch (error) {
				onError(error);
				await bell.wait(RETRY_MS);
			}
		}
		return true;
	} finally {
		stop();
	}
}

/** Something that one side rings and the other waits for. */
class Bell {
	#hasRung = false;
	#wake: () => void = () => {};

	ring(): void {
		this.#hasRung = true;
		this.#wake();
	}

	clear(): void {
		this.#hasRung = false;
	}

	/** @returns whether it rang within so many milliseconds */
	wait(ms: number): Promise<boolean> {
		if (this.#hasRung) return Promise.resolve(true);
		return new Promise((resolve) => {
			const timer = setTimeout(() => resolve(false), ms);
			timer.unref();
			this.#wake = () => {
				clearTimeout(timer);
				resolve(true);
			};
		});
	}
}

/**
 * A reader: the entries of one run from a position to its end, as they come, at the pace of whom they are for.
 */
import type { RunEntry, RunStatus, RunStore } from "./run-store.js";

/** Entries that follow each other; `from` is the sequence of the first. */
export interface RunPage {
	readonly from: number;
	readonly entries: readonly RunEntry[];
}

/** How many entries are read at a time. */
const PAGE = 256;
// After a lease is over the store is asked: not by all readers at once, and not before the store's clock says so.
const LEASE_SLACK_MS = 50;
// A store that cannot be reached is asked again after so long.
const RETRY_MS = 500;

/**
 * Ends after the page with the run's end. Ends without one when `signal` is aborted.
 *
 * @throws `undefined` is never thrown: what the store rejects with is given to `onError`, and asked for again
 * @returns whether the attempt was kept until its end was read
 */
export async function* readRun(
	store: RunStore,
	{ id, attempt }: RunStatus,
	from: number,
	signal: AbortSignal,
	onError: (error: unknown) => void,
): AsyncGenerator<RunPage, boolean> {
	const bell = new Bell();
	const stop = store.watch(id, () => bell.ring());
	signal.addEventListener("abort", () => bell.ring(), { once: true });
	let next = from;
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
					continue;
				}
				if (bell.hasRung) continue;
				const status = await store.settle(id);
				if (status?.attempt !== attempt) return false;
				// What came between both calls.
				if (status.sequence >= next) continue;
				await bell.wait(status.leaseLeftMs + LEASE_SLACK_MS);
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
	hasRung = false;
	#wake: () => void = () => {};

	ring(): void {
		this.hasRung = true;
		this.#wake();
	}

	clear(): void {
		this.hasRung = false;
	}

	/** At most so many milliseconds. */
	wait(ms: number): Promise<void> {
		if (this.hasRung) return Promise.resolve();
		return new Promise((resolve) => {
			const timer = setTimeout(resolve, ms);
			this.#wake = () => {
				clearTimeout(timer);
				resolve();
			};
		});
	}
}

/**
 * A reader: yields the entries of one run from a position to its end, as they arrive, at the pace of the consumer.
 */
import { MAX_TIME } from "../checks/time.js";
import { onAborted } from "./aborts.js";
import { endEntry } from "./run-end.js";
import { type LastRead, markAt } from "./run-mark.js";
import type { RunEntry, RunStatus, RunStore } from "./run-store.js";

/** Consecutive entries; `from` is the sequence of the first. */
export interface RunPage {
	readonly from: number;
	readonly entries: readonly RunEntry[];
}

/** Entries per read, if they are small. */
const PAGE = 1_000;
// Delay before asking the store about an expired lease, so that the lease has expired by the store's own clock.
const LEASE_SLACK_MS = 50;
// Delay before retrying an unreachable store, in milliseconds.
const RETRY_MS = 500;
// A reader takes some 50 µs for an event. Of thousands, other work must get its turn in between.
const WAKES_PER_TURN = 100;

/**
 * Ends after the page with the run's end, or when `signal` aborts. A rejection of the store goes to `onError`, and the call is
 * retried.
 *
 * @param last what was read before `from`, kept up to date. Default: what the store has there
 * @returns false if the attempt, or what follows in it, is no longer kept and its end could not be read, or if the store has other
 * entries in the place of those that were read
 */
export async function* readRun(
	store: RunStore,
	run: RunStatus,
	from: number,
	signal: AbortSignal,
	onError: (error: unknown) => void,
	last?: LastRead,
): AsyncGenerator<RunPage, boolean> {
	const { id, attempt } = run;
	const bell = new Bell();
	const stop = store.watch(run, () => bell.ring());
	// Kept here, because a look at the signal for each event costs as much as reading it.
	let { aborted } = signal;
	const stopListening = onAborted(signal, () => {
		aborted = true;
		bell.ring();
	});
	let next = from;
	let silentMs = run.leaseLeftMs + LEASE_SLACK_MS;
	// A store that rings without an entry, because it has connected again, does not end the silence.
	let heardAt = performance.now();
	let seen = last;
	/** Whether the run is over, and the store has said that there is more to read. */
	let isDue = false;
	/** Whether the store has lost what was read last, and has at this sequence an entry of another producer. */
	const isReplaced = async (sequence: number): Promise<boolean> => {
		if (seen !== undefined) seen.isReplaced = (await markAt(store, run, sequence)) !== seen.mark;
		return seen?.isReplaced === true;
	};
	try {
		while (!aborted) {
			bell.clear();
			try {
				const entries = await store.read(id, attempt, next, PAGE);
				if (entries === undefined) return false;
				const [first] = entries;
				if (first !== undefined) {
					seen ??= { mark: first.mark, isReplaced: false };
					if (first.mark !== seen.mark && (await isReplaced(next - 1))) return false;
					yield { from: next, entries };
					seen.mark = entries.findLast(({ end }) => end === undefined)?.mark ?? seen.mark;
					next += entries.length;
					heardAt = performance.now();
					if (entries.at(-1)?.end !== undefined) return true;
				} else if (isDue) {
					return false;
				} else if (!(await bell.wait(heardAt + silentMs - performance.now())) && !aborted) {
					// Nothing arrived for the length of the producer's lease, so it may be dead.
					const status = await store.settle(id);
					if (status?.attempt !== attempt) return false;
					silentMs = status.leaseLeftMs + LEASE_SLACK_MS;
					heardAt = performance.now();
					const { state, reason, sequence } = status;
					isDue = state !== "running";
					if (state !== "running" && sequence < next) {
						// The store has lost entries that were already read here, but the end is still known.
						if (await isReplaced(sequence - 1)) return false;
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
		stopListening();
		stop();
		bell.stop();
	}
}

let woken = 0;
const rung: Bell[] = [];

/** Wakes a reader now, or in one of the next turns of the event loop if many are woken in this one. */
function wakeInTurn(bell: Bell): void {
	if (woken === WAKES_PER_TURN) {
		rung.push(bell);
		return;
	}
	if (woken++ === 0) setImmediate(nextTurn);
	bell.wake();
}

function nextTurn(): void {
	woken = 0;
	for (const bell of rung.splice(0, WAKES_PER_TURN)) wakeInTurn(bell);
}

/**
 * A signal that one side rings and the other awaits. Its timer runs on when it rings, because a timer for each wait would cost
 * more than the event that ends it.
 */
class Bell {
	#hasRung = false;
	#wake: (hasRung: boolean) => void = () => {};
	/** When the wait ends, and when the timer is due. */
	#until = 0;
	#dueAt = Number.POSITIVE_INFINITY;
	#timer: ReturnType<typeof setTimeout> | undefined;

	ring(): void {
		this.#hasRung = true;
		wakeInTurn(this);
	}

	wake(): void {
		this.#wake(true);
	}

	clear(): void {
		this.#hasRung = false;
	}

	/** @returns whether it rang within `ms` milliseconds */
	wait(ms: number): Promise<boolean> {
		if (this.#hasRung) return Promise.resolve(true);
		this.#until = performance.now() + ms;
		if (this.#until < this.#dueAt) this.#startTimer(ms);
		return new Promise((resolve) => {
			this.#wake = resolve;
		});
	}

	stop(): void {
		clearTimeout(this.#timer);
	}

	#startTimer(ms: number): void {
		clearTimeout(this.#timer);
		const waitMs = Math.min(ms, MAX_TIME);
		this.#dueAt = performance.now() + waitMs;
		this.#timer = setTimeout(() => {
			this.#dueAt = Number.POSITIVE_INFINITY;
			const left = this.#until - performance.now();
			if (left > 0) this.#startTimer(left);
			else this.#wake(false);
		}, waitMs);
		this.#timer.unref();
	}
}

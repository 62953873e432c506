/**
 * The recovery: when the log no longer has what a client missed, the application supplies it, within limits of time and number.
 */
import { type Replayed, type Steps, settled } from "../connection/feed.js";
import { closeIterator, iteratorOf, started } from "../connection/iterators.js";
import type { Limiter } from "../pacing/limiter.js";
import { within } from "../pacing/timeout.js";
import type { RecoverSource } from "../types/callbacks.js";
import type { GapReason } from "../types/history.js";
import type { RecoveredEvent } from "../types/message.js";
import type { Frame } from "../wire/frame.js";

/** The application's own way to fill a gap. */
export interface Recovery<Connection extends Replayed> {
	/**
	 * @param lastEventId the client has everything up to there
	 * @param stop aborts when the call has taken too long
	 * @returns `false` if the application has no way
	 */
	recover(
		connection: Connection,
		reason: GapReason,
		lastEventId: string,
		stop: AbortSignal,
	): RecoverSource | false | Promise<RecoverSource | false>;
	/** @throws `ERR_SSE_INVALID_*` */
	encode(event: RecoveredEvent): Frame;
}

const WHAT = "recover (recoverTimeoutMs)";

// For how long a call whose signal has aborted counts, where `recoverTimeoutMs` is no limit.
const STOP_MS = 10_000;

/** What a recovery needs from the service. */
export interface RecoveryHost<Connection extends Replayed> {
	readonly recovery: Recovery<Connection>;
	readonly recoverTimeoutMs: number;
	/** How long a client waits for its turn, in ms. 0: no limit. */
	readonly recoverWaitMs: number;
	/** Limits the `recover` calls that have not returned an event yet. A call still counts after its client has left. */
	readonly recoverTurns: Limiter;
	onError(error: unknown): void;
}

/** Yields what the application has instead of the missed events. @returns whether that is everything that was missed */
export function* recovered<C extends Replayed>(
	host: RecoveryHost<C>,
	connection: C,
	reason: GapReason,
	lastEventId: string,
): Steps<boolean> {
	const { recovery, recoverTimeoutMs, recoverWaitMs } = host;
	const turn = host.recoverTurns.take();
	const stop = new AbortController();
	let running: unknown;
	let awaited: ReturnType<typeof recovery.recover> = false;
	let iterator: RecoveredIterator | undefined;
	try {
		// Its live events wait behind it, and a gap loses nothing silently. Ending the stream would only have it wait again.
		yield* settled(turn.begins, recoverWaitMs, "Waiting to recover (recoverWaitMs)");
		awaited = started(recovery.recover(connection, reason, lastEventId, stop.signal));
		running = awaited;
		const source = yield* settled(awaited, recoverTimeoutMs, WHAT);
		awaited = false;
		if (source === false) return false;
		iterator = iteratorOf(source);
		for (;;) {
			const next = started(iterator.next());
			running = next;
			const { done, value } = yield* settled(next, recoverTimeoutMs, WHAT);
			// From here on the client sets the pace, and others must not wait for it.
			turn.end();
			if (done === true) {
				// One that has ended by itself is not closed, as by `for await`.
				iterator = undefined;
				return true;
			}
			yield [recovery.encode(value)];
		}
	} catch (error) {
		stop.abort(error);
		host.onError(error);
		return false;
	} finally {
		// It runs on until it obeys its signal. One that never ends must not keep the others from theirs.
		within(recoverTimeoutMs || STOP_MS, Promise.resolve(running)).then(turn.end, turn.end);
		// An iterator that arrives too late is closed as well.
		const late = Promise.resolve(awaited).then(
			(source) => source && iteratorOf(source),
			() => false as const,
		);
		void letGo(iterator ?? late).catch((error: unknown) => host.onError(error));
	}
}

type RecoveredIterator = ReturnType<typeof iteratorOf<RecoveredEvent>>;

async function letGo(
	iterator: PromiseLike<RecoveredIterator | false> | RecoveredIterator,
): Promise<void> {
	const come = await iterator;
	if (come) await closeIterator(come);
}

/**
 * The source of a run: a function that sends, or one that returns the events.
 */
import { closeIterator, isPromiseLike, iteratorOf } from "../connection/iterators.js";
import type { Run } from "./run-types.js";

/** Resolves when the producer has completed or was stopped. @throws (rejects) what the producer throws */
export async function produce(make: (run: Run) => unknown, run: Run): Promise<void> {
	const made = await make(run);
	if (made === undefined || made === null) return;
	const iterator = iteratorOf(made as AsyncIterable<unknown>);
	let onAbort = (): void => {};
	const stopped = new Promise<void>((resolve) => {
		onAbort = resolve;
	});
	run.signal.addEventListener("abort", onAbort, { once: true });
	let isDone = false;
	const sending = sendAll(iterator, run).then(() => {
		isDone = true;
	});
	try {
		// A source may wait forever. One race for all of its events, because one for each would cost more than sending them.
		await Promise.race([sending, stopped]);
	} finally {
		run.signal.removeEventListener("abort", onAbort);
		if (!isDone) void closeIterator(iterator).catch(() => {});
	}
}

/** @throws (rejects) what the iterator throws, and once the run is over */
async function sendAll(
	iterator: Iterator<unknown> | AsyncIterator<unknown>,
	run: Run,
): Promise<void> {
	for (;;) {
		const { done, value } = await iterator.next();
		if (done === true) return;
		await run.send(isPromiseLike(value) ? await value : value);
	}
}

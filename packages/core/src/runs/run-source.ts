/**
 * The source of a run: a function that sends, or one that returns the events.
 */
import { closeIterator, iteratorOf } from "../connection/iterators.js";
import type { Run } from "./run-types.js";

/** Resolves when the producer has completed or was stopped. @throws (rejects) what the producer throws */
export async function produce(make: (run: Run) => unknown, run: Run): Promise<void> {
	const made = await make(run);
	if (made === undefined || made === null) return;
	const iterator = iteratorOf(made as AsyncIterable<unknown>);
	// One listener for the whole source: racing each step against the same promise would keep them all.
	let stopWaiting: (() => void) | undefined;
	let { aborted } = run.signal;
	const onAbort = (): void => {
		aborted = true;
		stopWaiting?.();
	};
	run.signal.addEventListener("abort", onAbort, { once: true });
	/** The next step; `undefined` as soon as the run is stopped, because a source may wait forever. */
	const next = (): Promise<IteratorResult<unknown> | undefined> =>
		new Promise((resolve, reject) => {
			stopWaiting = () => resolve(undefined);
			Promise.resolve(iterator.next()).then(resolve, reject);
		});
	try {
		while (!aborted) {
			const step = await next();
			if (step === undefined || step.done === true) return;
			await run.send(await step.value);
		}
	} finally {
		run.signal.removeEventListener("abort", onAbort);
		void closeIterator(iterator).catch(() => {});
	}
}

/**
 * What makes a run: a function that sends, or one that returns the events.
 */
import { closeIterator, iteratorOf } from "../connection/iterators.js";
import type { Run, RunProducer } from "./run-types.js";

/** Resolves when it has said all, or was stopped. @throws (rejects) what it throws */
export async function produce(make: RunProducer, run: Run): Promise<void> {
	const made: unknown = await make(run);
	if (made === undefined || made === null) return;
	const iterator = iteratorOf(made as AsyncIterable<unknown>);
	// A source that waits for ever is let go when the run is stopped.
	let stop: () => void = () => {};
	const stopped = new Promise<undefined>((resolve) => {
		stop = () => resolve(undefined);
	});
	run.signal.addEventListener("abort", stop, { once: true });
	try {
		while (!run.signal.aborted) {
			const step = await Promise.race([iterator.next(), stopped]);
			if (step === undefined || step.done === true) return;
			await run.send(await step.value);
		}
	} finally {
		run.signal.removeEventListener("abort", stop);
		void closeIterator(iterator).catch(() => {});
	}
}

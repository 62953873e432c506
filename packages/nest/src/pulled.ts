/**
 * An iterable as an Observable that emits an item only on demand.
 */
import { Observable } from "rxjs";
import { closeIterator, iteratorOf } from "sse-service/adapter";
import type { Handover } from "./handover.js";

/**
 * @param onLateError receives what the iterator throws while it is being closed
 * @throws `ERR_SSE_INVALID_SOURCE`
 */
export function pulled(
	iterable: Parameters<typeof iteratorOf>[0],
	to: Pick<Handover, "isWanted" | "wanted">,
	onLateError: (error: unknown) => void,
): Observable<unknown> {
	const iterator = iteratorOf(iterable);
	return new Observable((subscriber) => {
		let isDone = false;
		const pull = async (): Promise<void> => {
			await to.wanted();
			while (!subscriber.closed) {
				const step = await iterator.next();
				isDone = step.done === true;
				if (step.done) return subscriber.complete();
				subscriber.next(step.value);
				// If an item is still wanted, an interceptor holds or drops the last one. Other work gets a turn.
				if (to.isWanted) await new Promise(setImmediate);
				await to.wanted();
			}
		};
		pull().catch((error) => {
			// An iterator that throws has ended by itself.
			isDone = true;
			subscriber.error(error);
		});
		return () => {
			if (!isDone) void closeIterator(iterator).catch(onLateError);
		};
	});
}

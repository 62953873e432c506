/**
 * An iterable as an Observable that gives no item before it is wanted.
 */
import { Observable } from "rxjs";
import { closeIterator, iteratorOf } from "sse-service/adapter";
import type { Handover } from "./handover.js";

/**
 * @param onLateError told what the iterator throws while it is being closed
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
				// Still: an interceptor keeps the item, for a while or for good. Other work gets a turn.
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

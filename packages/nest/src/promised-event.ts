/**
 * Promises of events, in the place of items.
 */
import type { SSEMessage } from "sse-service";

/** An event that `toEvent` has promised, in its place among the items. */
export class PromisedEvent {
	/** A promise of its own: a thenable may begin its work at each `then`. */
	readonly event: Promise<SSEMessage>;

	constructor(event: SSEMessage | PromiseLike<SSEMessage>) {
		this.event = Promise.resolve(event);
		// Its turn may never come, so its rejection must be handled now.
		this.event.catch(() => {});
	}
}

export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
	return typeof (value as Partial<PromiseLike<T>> | null | undefined)?.then === "function";
}

/**
 * Promises of events, in the place of items.
 */
import type { SSEMessage } from "sse-service";

/** An event that `toEvent` has promised, in its place among the items. */
export class PromisedEvent {
	readonly event: PromiseLike<SSEMessage>;

	constructor(event: PromiseLike<SSEMessage>) {
		this.event = event;
		// Its turn may never come, so its rejection must be handled now.
		Promise.resolve(event).catch(() => {});
	}
}

export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
	return typeof (value as Partial<PromiseLike<T>> | null | undefined)?.then === "function";
}

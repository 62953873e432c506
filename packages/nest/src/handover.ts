/**
 * The handover: items on their way from a handler, through the interceptors, to the connection.
 */

// The most items that may wait: those emitted while hooks run before the stream opens, and those that interceptors add
// to an iterable's items while the client does not read.
const MAX_ITEMS = 10_000;

export class Handover implements AsyncIterableIterator<unknown> {
	#items: unknown[] = [];
	/** How the source ended. */
	#end: { readonly error: unknown } | "complete" | undefined;
	// True from the start: the first item may come before the stream opens, while a failure can be answered with a status.
	#isWanted = true;
	#onWanted: (() => void) | undefined;
	#onArrival: (() => void) | undefined;

	/** Whether to pull another item from an iterable. */
	get isWanted(): boolean {
		return this.#isWanted;
	}

	/** Resolves once another item is wanted. */
	wanted(): Promise<void> {
		return new Promise((resolve) => {
			if (this.#isWanted) resolve();
			else this.#onWanted = resolve;
		});
	}

	/** @returns false if the handover is full */
	put(item: unknown): boolean {
		if (this.#items.length === MAX_ITEMS) return false;
		this.#isWanted = false;
		this.#items.push(item);
		this.#onArrival?.();
		return true;
	}

	/** Ends the items: after the waiting ones, `next` is done, or rejects with `failure.error`. */
	end(failure?: { readonly error: unknown }): void {
		this.#end ??= failure ?? "complete";
		this.#onArrival?.();
	}

	/** Takes all waiting items. */
	takeAll(): unknown[] {
		const items = this.#items;
		this.#items = [];
		return items;
	}

	async next(): Promise<IteratorResult<unknown, undefined>> {
		while (this.#items.length === 0 && this.#end === undefined) {
			this.#isWanted = true;
			this.#onWanted?.();
			await new Promise<void>((resolve) => {
				this.#onArrival = resolve;
			});
		}
		if (this.#items.length > 0) return { done: false, value: this.#items.shift() };
		if (typeof this.#end === "object") throw this.#end.error;
		return { done: true, value: undefined };
	}

	[Symbol.asyncIterator](): this {
		return this;
	}
}

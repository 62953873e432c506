/**
 * The event queue: the events that wait for one iterator.
 */

export interface QueueLimits {
	/** How many events may wait. */
	readonly maxWaiting: number;
	/** How long they may be together, in characters. */
	readonly maxWaitingLength: number;
}

type Result<Event> = IteratorResult<Event, undefined>;

/** Full at `maxWaiting` and above `maxWaitingLength`, until the iterator catches up. */
export class EventQueue<Event> implements AsyncIterator<Event, undefined> {
	readonly #limits: QueueLimits;
	readonly #onReturn: () => void;
	readonly #waiting: { readonly event: Event; readonly length: number }[] = [];
	/** The length of what waits. */
	#length = 0;
	readonly #takers: ((result: Result<Event> | Promise<Result<Event>>) => void)[] = [];
	#ended = false;
	#error: unknown;
	#onRoom: (() => void) | undefined;
	#room: Promise<void> | undefined;

	constructor(limits: QueueLimits, onReturn: () => void) {
		this.#limits = limits;
		this.#onReturn = onReturn;
	}

	/** @param length in characters */
	put(event: Event, length: number): void {
		const taker = this.#takers.shift();
		if (taker !== undefined) taker({ done: false, value: event });
		else {
			this.#waiting.push({ event, length });
			this.#length += length;
		}
	}

	/** Delivers waiting events; then the iterator ends, or throws. */
	end(error?: unknown): void {
		this.#ended = true;
		this.#error = error;
		for (const taker of this.#takers.splice(0)) taker(this.#last());
		this.#freed();
	}

	/** Returns a promise while the queue is full. */
	room(): Promise<void> | undefined {
		const { maxWaiting, maxWaitingLength } = this.#limits;
		if (this.#waiting.length < maxWaiting && this.#length <= maxWaitingLength) return undefined;
		this.#room ??= new Promise((resolve) => {
			this.#onRoom = resolve;
		});
		return this.#room;
	}

	next(): Promise<Result<Event>> {
		return new Promise((resolve) => {
			const next = this.#waiting.shift();
			if (next !== undefined) {
				this.#length -= next.length;
				resolve({ done: false, value: next.event });
				this.#freed();
			} else if (this.#ended) resolve(this.#last());
			else this.#takers.push(resolve);
		});
	}

	/** Drops waiting events. */
	discard(): void {
		this.#waiting.length = this.#length = 0;
	}

	return(): Promise<Result<Event>> {
		this.#onReturn();
		this.discard();
		this.end();
		return this.#last();
	}

	/** Throws once; then the iterator has ended. */
	async #last(): Promise<Result<Event>> {
		const error = this.#error;
		this.#error = undefined;
		if (error !== undefined) throw error;
		return { done: true, value: undefined };
	}

	/** Those who wait for room look again. */
	#freed(): void {
		this.#onRoom?.();
		this.#onRoom = this.#room = undefined;
	}
}

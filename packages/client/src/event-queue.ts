/**
 * The event queue: the events that wait for one iterator.
 */

export class EventQueue<Event> implements AsyncIterator<Event, undefined> {
	readonly #maxWaiting: number;
	readonly #onReturn: (queue: EventQueue<Event>) => void;
	readonly #events: Event[] = [];
	readonly #takers: {
		resolve(result: IteratorResult<Event, undefined>): void;
		reject(error: unknown): void;
	}[] = [];
	#ended = false;
	#error: unknown;
	#onRoom: (() => void) | undefined;
	#room: Promise<void> | undefined;

	/** @param maxWaiting at this length it is full until the iterator catches up */
	constructor(maxWaiting: number, onReturn: (queue: EventQueue<Event>) => void) {
		this.#maxWaiting = maxWaiting;
		this.#onReturn = onReturn;
	}

	put(event: Event): void {
		const taker = this.#takers.shift();
		if (taker === undefined) this.#events.push(event);
		else taker.resolve({ done: false, value: event });
	}

	/** Delivers waiting events; then the iterator ends, or throws. */
	end(error?: unknown): void {
		this.#ended = true;
		this.#error = error;
		for (const taker of this.#takers.splice(0)) this.#last(taker);
		this.#freed();
	}

	/** Returns a promise while the queue is full. */
	room(): Promise<void> | undefined {
		if (this.#events.length < this.#maxWaiting) return undefined;
		this.#room ??= new Promise((resolve) => {
			this.#onRoom = resolve;
		});
		return this.#room;
	}

	next(): Promise<IteratorResult<Event, undefined>> {
		return new Promise((resolve, reject) => {
			const event = this.#events.shift();
			if (event !== undefined) resolve({ done: false, value: event });
			else if (this.#ended) this.#last({ resolve, reject });
			else this.#takers.push({ resolve, reject });
			if (this.#events.length < this.#maxWaiting) this.#freed();
		});
	}

	/** Drops waiting events. */
	discard(): void {
		this.#events.length = 0;
		this.end();
	}

	return(): Promise<IteratorResult<Event, undefined>> {
		this.#onReturn(this);
		this.discard();
		return Promise.resolve({ done: true, value: undefined });
	}

	#last(taker: {
		resolve(result: IteratorResult<Event, undefined>): void;
		reject(error: unknown): void;
	}): void {
		if (this.#error === undefined) taker.resolve({ done: true, value: undefined });
		else {
			// Throws once; then the iterator has ended.
			const error = this.#error;
			this.#error = undefined;
			taker.reject(error);
		}
	}

	#freed(): void {
		this.#onRoom?.();
		this.#onRoom = undefined;
		this.#room = undefined;
	}
}

/**
 * The events of a run that were refused, and whether anybody handles the rejection of `send`.
 */
export class RefusedSends {
	readonly #onUnhandled: (error: unknown) => void;
	/** Those of this turn of the event loop. */
	#refused: RefusedSend[] = [];

	constructor(onUnhandled: (error: unknown) => void) {
		this.#onUnhandled = onUnhandled;
	}

	/** Returns a rejected promise, which is looked at when its receiver has had the time to handle it. */
	add(error: unknown): Promise<void> {
		const refused = new RefusedSend(error);
		if (this.#refused.push(refused) === 1) setImmediate(() => this.check());
		return refused;
	}

	/** Looks now whether there is one that nobody handles. */
	check(): void {
		const unhandled = this.#refused.splice(0).find(({ isHandled }) => !isHandled);
		if (unhandled !== undefined) this.#onUnhandled(unhandled.error);
	}
}

class RefusedSend extends Promise<void> {
	readonly error: unknown;
	/** Whether somebody awaits it, or has added a handler. */
	isHandled = false;

	constructor(error: unknown) {
		super((_, reject) => reject(error));
		this.error = error;
		// Nobody has to: an unhandled rejection would end the process.
		super.then(undefined, () => {});
	}

	/** What `then` returns is a promise like any other. */
	static override get [Symbol.species](): PromiseConstructor {
		return Promise;
	}

	/** `await`, `catch` and all others call it. */
	// biome-ignore lint/suspicious/noThenProperty: it is a promise
	override then<Value = void, Caught = never>(
		...handlers: Parameters<Promise<void>["then"]>
	): Promise<Value | Caught> {
		this.isHandled = true;
		return super.then(...handlers) as Promise<Value | Caught>;
	}
}

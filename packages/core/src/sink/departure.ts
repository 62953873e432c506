/**
 * How a client is seen to leave while nothing reads or cancels the body of its `Response`: the request's signal aborts, or the
 * response of Node closes, where a layer shows it.
 */
interface Outgoing {
	on(event: "close", listener: () => void): unknown;
	removeListener(event: "close", listener: () => void): unknown;
}

export class Departure {
	/** `undefined` where the close of Node's response says the same. */
	readonly #signal: AbortSignal | undefined;
	readonly #outgoing: Outgoing | undefined;
	#onGone: (() => void) | undefined;

	constructor(request: Request, outgoing: Outgoing | undefined) {
		this.#outgoing = outgoing;
		// A layer creates its signal when it is first read, and then pays for an error with a stack at each close.
		if (outgoing === undefined || !isSignalOfLayer(request)) this.#signal = request.signal;
	}

	/** Whether the signal has aborted. */
	get isSignalled(): boolean {
		return this.#signal?.aborted === true;
	}

	/** @param onGone may be called several times, until `stop` */
	watch(onGone: () => void): void {
		this.#onGone = onGone;
		this.#signal?.addEventListener("abort", onGone);
		this.#outgoing?.on("close", onGone);
	}

	stop(): void {
		const onGone = this.#onGone;
		if (onGone === undefined) return;
		this.#onGone = undefined;
		this.#signal?.removeEventListener("abort", onGone);
		this.#outgoing?.removeListener("close", onGone);
	}
}

/**
 * Whether a layer's own getter covers the one of the class that it derives from. Requests that an application constructs have
 * that of their class, or a signal of their own, which may abort for other reasons.
 */
function isSignalOfLayer(request: Request): boolean {
	if (Object.hasOwn(request, "signal")) return false;
	let owner: object | null = Object.getPrototypeOf(request);
	while (owner !== null && !Object.hasOwn(owner, "signal")) owner = Object.getPrototypeOf(owner);
	return owner !== null && "signal" in (Object.getPrototypeOf(owner) ?? {});
}

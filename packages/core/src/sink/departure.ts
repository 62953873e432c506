/**
 * How a client is seen to leave while nothing reads or cancels the body of its `Response`: the request's signal aborts, or the
 * response of Node closes, where a layer shows it.
 */
interface Outgoing {
	on(event: "close", listener: () => void): unknown;
	removeListener(event: "close", listener: () => void): unknown;
}

export class Departure {
	/** The request itself, because some runtimes drop the signal with it. */
	readonly #request: Request;
	readonly #outgoing: Outgoing | undefined;
	/** `undefined` while nothing has asked the layer for its own; `null` in the requests of some libraries. */
	#signal: AbortSignal | null | undefined;
	#onGone: (() => void) | undefined;

	constructor(request: Request, outgoing: Outgoing | undefined) {
		this.#request = request;
		this.#outgoing = outgoing;
		if (!isSignalOfLayer(request)) this.#signal = request.signal;
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

	/**
	 * Call when something was written that no read waits for. The layer may have stopped reading because the client has left,
	 * and something in between may have kept the cancellation from the body. Node's response would say so; otherwise the layer's
	 * signal does.
	 */
	onUnread(): void {
		const onGone = this.#onGone;
		if (onGone === undefined || this.#signal !== undefined || this.#outgoing !== undefined) return;
		this.#signal = this.#request.signal;
		this.#signal?.addEventListener("abort", onGone);
		if (this.isSignalled) onGone();
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
 * Whether a layer's own getter covers the one of the class that it derives from. Such a layer creates the signal when it is first
 * read, which takes a kilobyte, and an event at each close. These layers cancel the body when the client leaves. Requests that
 * an application constructs have the getter of their class, or a signal of their own, which may abort for other reasons.
 */
function isSignalOfLayer(request: Request): boolean {
	if (Object.hasOwn(request, "signal")) return false;
	let owner: object | null = Object.getPrototypeOf(request);
	while (owner !== null && !Object.hasOwn(owner, "signal")) owner = Object.getPrototypeOf(owner);
	return owner !== null && "signal" in (Object.getPrototypeOf(owner) ?? {});
}

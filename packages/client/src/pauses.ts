/**
 * The pauses of a connector: between two attempts, and while the page is hidden.
 */
import { isHidden } from "./page-life.js";

export class Pauses {
	readonly #pauseWhenHidden: boolean;
	/** Ends the current pause. */
	#wake: () => void = () => {};
	#isStopped = false;

	constructor(pauseWhenHidden: boolean) {
		this.#pauseWhenHidden = pauseWhenHidden;
	}

	/** Whether the page is hidden, and the stream must pause then. */
	get isHidden(): boolean {
		return this.#pauseWhenHidden && isHidden();
	}

	/** Resolves when a request may be made. `onWait`: called before each wait */
	async untilReady(onWait: () => void): Promise<void> {
		while (!this.#isStopped && this.isHidden) {
			onWait();
			await this.pause();
		}
	}

	/** Waits for this time, or without one until woken. `leastMs`: the server's wish, which nothing shortens. */
	pause(ms?: number, leastMs = 0): Promise<void> {
		const until = Date.now() + leastMs;
		return new Promise((resolve) => {
			const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
			this.#wake = () => {
				if (!this.#isStopped && Date.now() < until) return;
				clearTimeout(timer);
				resolve();
			};
			// A listener that heard of the pause may have stopped the stream.
			if (this.#isStopped) this.#wake();
		});
	}

	/** Call when the page or the network has changed. */
	wake(): void {
		this.#wake();
	}

	stop(): void {
		this.#isStopped = true;
		this.#wake();
	}
}

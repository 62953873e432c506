/**
 * The pauses of a connector: between two attempts, and while the page is hidden or the device is offline.
 */
import { isHidden, isOffline } from "./page-life.js";

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
		while (!this.#isStopped && (this.isHidden || isOffline())) {
			onWait();
			await this.pause(undefined);
		}
	}

	/** Waits. `ms` undefined: until the page or the network changes. */
	pause(ms: number | undefined): Promise<void> {
		return new Promise((resolve) => {
			const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
			this.#wake = () => {
				clearTimeout(timer);
				resolve();
			};
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

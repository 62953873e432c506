/**
 * A watchdog: notices that nothing has come for too long. One timer, which is not touched for each piece that comes.
 */
export class Watchdog {
	readonly #onStall: () => void;
	#limitMs: number;
	#fedAt = Date.now();
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** @param limitMs 0: wait for ever */
	constructor(limitMs: number, onStall: () => void) {
		this.#limitMs = limitMs;
		this.#onStall = onStall;
		this.#arm();
	}

	/** Something has come. */
	feed(): void {
		this.#fedAt = Date.now();
	}

	setLimit(limitMs: number): void {
		if (limitMs === this.#limitMs) return;
		this.#limitMs = limitMs;
		this.#arm();
	}

	/** Look now: after a sleep or a freeze timers are late. */
	check(): void {
		if (this.#limitMs === 0) return;
		if (Date.now() - this.#fedAt < this.#limitMs) this.#arm();
		else {
			this.stop();
			this.#onStall();
		}
	}

	stop(): void {
		clearTimeout(this.#timer);
	}

	#arm(): void {
		this.stop();
		if (this.#limitMs === 0) return;
		const left = Math.max(0, this.#fedAt + this.#limitMs - Date.now());
		this.#timer = setTimeout(() => this.check(), left);
	}
}

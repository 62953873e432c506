/**
 * A watchdog: detects that nothing has arrived for too long. Uses one timer, which is not reset for each chunk.
 */
export class Watchdog {
	readonly #onStall: () => void;
	#limitMs: number;
	#fedAt = Date.now();
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** @param limitMs 0: no limit */
	constructor(limitMs: number, onStall: () => void) {
		this.#limitMs = limitMs;
		this.#onStall = onStall;
		this.#arm();
	}

	/** Call when something has arrived. */
	feed(): void {
		this.#fedAt = Date.now();
	}

	setLimit(limitMs: number): void {
		if (limitMs === this.#limitMs) return;
		this.#limitMs = limitMs;
		this.#arm();
	}

	/** Checks now, because timers are late after a sleep or a freeze. */
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

/**
 * A watchdog: detects that nothing has arrived for too long. Uses one timer, which is not reset for each chunk.
 */
export class Watchdog {
	readonly #onStall: (silenceMs: number) => void;
	#limitMs: number;
	#fedAt = Date.now();
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** @param limitMs 0: no limit */
	constructor(limitMs: number, onStall: (silenceMs: number) => void) {
		this.#limitMs = limitMs;
		this.#onStall = onStall;
		this.#arm();
	}

	/** Call when something has arrived. */
	feed(): void {
		this.#fedAt = Date.now();
	}

	/** Watches again after `stop`, as if something had arrived. */
	restart(): void {
		this.feed();
		this.#arm();
	}

	/** Sets another limit, and counts from now on. */
	setLimit(limitMs: number): void {
		this.#limitMs = limitMs;
		this.restart();
	}

	/** Checks now, unless stopped, because timers are late after a sleep or a freeze. */
	check(): void {
		if (this.#timer === undefined) return;
		// The clock may have been set back.
		this.#fedAt = Math.min(this.#fedAt, Date.now());
		const silenceMs = Date.now() - this.#fedAt;
		if (silenceMs < this.#limitMs) this.#arm();
		else {
			this.stop();
			this.#onStall(silenceMs);
		}
	}

	stop(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
	}

	#arm(): void {
		this.stop();
		if (this.#limitMs === 0) return;
		const left = this.#fedAt + this.#limitMs - Date.now();
		this.#timer = setTimeout(() => this.check(), left);
	}
}

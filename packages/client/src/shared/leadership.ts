/**
 * Leadership: which tab holds the lock. A frozen leader keeps its lock but stays silent. Followers that hear nothing ping it, and
 * a follower without an answer steals the lock.
 */
export interface LeadershipHost {
	onLead(): void;
	/** Called when another tab has stolen the lock. */
	onLost(): void;
	/** Asks the leader whether it is alive. */
	ping(): void;
}

export class Leadership {
	readonly #name: string;
	readonly #silenceMs: number;
	readonly #host: LeadershipHost;
	/** Aborts the pending lock requests; `undefined` while this tab has stepped aside. */
	#seeking: AbortController | undefined;
	/** Whether a request of this tab waits for the lock. A tab that has stolen the lock may have one, too. */
	#isQueued = false;
	/** Releases the lock, while this tab holds it. */
	#release: (() => void) | undefined;
	#hasPinged = false;
	#heardAt = 0;
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** @param silenceMs 0: followers wait without limit */
	constructor(name: string, silenceMs: number, host: LeadershipHost) {
		this.#name = name;
		this.#silenceMs = silenceMs;
		this.#host = host;
	}

	/**
	 * Becomes the leader if there is none. A tab that finds a leader queues for the lock only once it has heard from the leader: a
	 * tab without a position must not take over from tabs that have one.
	 */
	seek(): void {
		if (this.#seeking !== undefined) return;
		this.#seeking = new AbortController();
		this.heard();
		this.#request({ ifAvailable: true });
		this.#listen();
	}

	/** Becomes the leader as soon as no other tab leads. */
	queue(): void {
		if (this.#isQueued || this.#seeking === undefined) return;
		this.#isQueued = true;
		this.#request({ signal: this.#seeking.signal });
	}

	/** Call on any sign of life from the leader. */
	heard(): void {
		this.#heardAt = Date.now();
		this.#hasPinged = false;
	}

	/** Whether other tabs wait to lead. */
	async hasOthers(): Promise<boolean> {
		try {
			const { pending = [] } = await navigator.locks.query();
			const waiting = pending.filter(({ name }) => name === this.#name);
			return waiting.length > Number(this.#isQueued);
		} catch {
			// A page without an origin has nobody to share with.
			return false;
		}
	}

	/** Releases the lock, or stops waiting for it. */
	stepAside(): void {
		clearTimeout(this.#timer);
		this.#seeking?.abort();
		this.#seeking = undefined;
		this.#isQueued = false;
		this.#release?.();
		this.#release = undefined;
	}

	#request(options: LockOptions): void {
		const seeking = this.#seeking;
		const hold = (lock: Lock | null): Promise<void> | undefined => {
			if (options.signal !== undefined && seeking === this.#seeking) this.#isQueued = false;
			const isWanted = lock !== null && seeking === this.#seeking && this.#release === undefined;
			return isWanted ? this.#lead() : undefined;
		};
		navigator.locks.request(this.#name, options, hold).catch((error: Error) => {
			// The request was given up.
			if (seeking !== this.#seeking) return;
			if (this.#release !== undefined) {
				// Another tab has stolen the lock and leads now.
				this.stepAside();
				this.seek();
				this.queue();
				// Last: a listener may close the stream, which then must not queue.
				this.#host.onLost();
			} else if (error.name === "SecurityError") {
				// A page without an origin gets no locks, and nobody to share with.
				void this.#lead();
			} else this.#listen();
		});
	}

	#lead(): Promise<void> {
		clearTimeout(this.#timer);
		const held = new Promise<void>((resolve) => {
			this.#release = resolve;
		});
		this.#host.onLead();
		return held;
	}

	#listen(): void {
		clearTimeout(this.#timer);
		if (this.#silenceMs > 0) this.#timer = setTimeout(() => this.#look(), this.#silenceMs);
	}

	#look(): void {
		const isSilent = Date.now() - this.#heardAt >= this.#silenceMs;
		if (!isSilent) this.#hasPinged = false;
		else if (this.#hasPinged) {
			this.#request({ steal: true });
			return;
		} else {
			this.#hasPinged = true;
			this.#host.ping();
		}
		this.#listen();
	}
}

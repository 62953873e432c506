/**
 * Leadership: which of the tabs holds the lock. A leader that is frozen keeps its lock and says nothing; followers that
 * hear nothing ask for a sign of life, and one that gets none takes the lock away.
 */
export interface LeadershipHost {
	onLead(): void;
	/** Another tab has taken the lock away. */
	onLost(): void;
	/** Ask the leader for a sign of life. */
	ping(): void;
}

export class Leadership {
	readonly #name: string;
	readonly #silenceMs: number;
	readonly #host: LeadershipHost;
	/** Of the lock requests that are waiting; `undefined` while this tab is aside. */
	#seeking: AbortController | undefined;
	#isQueued = false;
	/** Gives the lock back, while this tab holds it. */
	#release: (() => void) | undefined;
	#hasPinged = false;
	#heardAt = 0;
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** @param silenceMs 0: followers wait however long the leader is silent */
	constructor(name: string, silenceMs: number, host: LeadershipHost) {
		this.#name = name;
		this.#silenceMs = silenceMs;
		this.#host = host;
	}

	/**
	 * Lead if nobody does. A tab that finds a leader queues for the lock only once it has heard from that leader: one
	 * that knows no position must not take over from those that know it.
	 */
	seek(): void {
		if (this.#seeking !== undefined) return;
		this.#seeking = new AbortController();
		this.heard();
		this.#request({ ifAvailable: true });
		this.#listen();
	}

	/** Lead as soon as nobody else does. */
	queue(): void {
		if (this.#isQueued || this.#seeking === undefined) return;
		this.#isQueued = true;
		this.#request({ signal: this.#seeking.signal });
	}

	/** The leader is alive. */
	heard(): void {
		this.#heardAt = Date.now();
		this.#hasPinged = false;
	}

	/** Neither lead nor wait to. */
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
			const isWanted = lock !== null && seeking === this.#seeking && this.#release === undefined;
			return isWanted ? this.#lead() : undefined;
		};
		navigator.locks.request(this.#name, options, hold).catch(() => {
			// Given up, or taken away by another tab, which leads now.
			if (seeking !== this.#seeking || this.#release === undefined) return;
			this.stepAside();
			this.#host.onLost();
			this.seek();
			this.queue();
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

/**
 * The server's clock, which dates messages. A lease counts by it, so that no process's clock does. Right after it was looked at, what
 * is said here is not later than the server says. Later it may be: clocks are set back, and a server with another one may lead.
 */
import type { JetStream } from "../jetstream.js";

// Clocks drift apart, and are set.
const FRESH_MS = 30_000;
/** An answer that took longer dates the past. */
const PROMPT_MS = 500;
const ATTEMPTS = 3;

export class ServerClock {
	readonly #jetStream: JetStream;
	/** What the server's clock said, and the `performance.now()` of that moment, or later. */
	#seen: { readonly now: number; readonly at: number } | undefined;
	#checkedAt = Number.NEGATIVE_INFINITY;
	#checking: Promise<void> | undefined;

	constructor(jetStream: JetStream) {
		this.#jetStream = jetStream;
	}

	/**
	 * @param stream any stream, and all of its subjects
	 * @param due when something is over: the clock is looked at before it is said to be so late
	 */
	async now(stream: string, subjects: string, due: number): Promise<number> {
		if (performance.now() > this.#checkedAt + FRESH_MS || this.#now() >= due) {
			this.#checking ??= this.#check(stream, subjects).finally(() => {
				this.#checking = undefined;
			});
			await this.#checking;
		}
		return this.#now();
	}

	/** A message of that time is stored. */
	see(time: number): void {
		if (time > this.#now()) this.#seen = { now: time, at: performance.now() };
	}

	/** The server may be another one. */
	forget(): void {
		this.#checkedAt = Number.NEGATIVE_INFINITY;
	}

	#now(): number {
		const { now = 0, at = 0 } = this.#seen ?? {};
		return now + Math.floor(performance.now() - at);
	}

	async #check(stream: string, subjects: string): Promise<void> {
		for (let left = ATTEMPTS; left > 0; left--) {
			const asked = performance.now();
			const now = await this.#jetStream.now(stream, subjects);
			const at = performance.now();
			this.#seen = { now, at };
			this.#checkedAt = at;
			if (at - asked < PROMPT_MS) return;
		}
	}
}

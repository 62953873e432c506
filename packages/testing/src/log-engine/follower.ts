/** One driver that follows a log. */
import { eventually, settled } from "../waiting.js";
import type { LogEngineOf, StoredOf } from "./engine-types.js";

/** Follows a log and records what it receives. */
export class Follower {
	readonly stored: StoredOf[] = [];
	/** Settles as `follow` does. */
	readonly ended: Promise<void>;
	readonly #controller = new AbortController();
	#failure: unknown;

	constructor(engine: LogEngineOf, after: number) {
		const take = (stored: readonly StoredOf[]): void => void this.stored.push(...stored);
		this.ended = engine.follow(after, take, this.#controller.signal);
		this.ended.catch((error) => {
			this.#failure = error;
		});
	}

	get sequences(): number[] {
		return this.stored.map(({ sequence }) => sequence);
	}

	/** Resolves once it has received this sequence. */
	until(sequence: number): Promise<void> {
		return eventually(
			() => {
				if (this.#failure !== undefined) throw this.#failure;
				return (this.stored.at(-1)?.sequence ?? 0) >= sequence;
			},
			() => `event ${sequence}, after ${this.stored.at(-1)?.sequence ?? "none"}`,
		);
	}

	/** Aborts it and waits for its end. Rejects if that ends with an error; an earlier error is ignored. */
	async stop(): Promise<void> {
		this.#controller.abort();
		const ended = settled(this.ended, "the follower to end");
		await (this.#failure === undefined ? ended : ended.catch(() => {}));
	}
}

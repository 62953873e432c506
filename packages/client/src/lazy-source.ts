/**
 * A source whose code is loaded when it starts, so that applications without shared streams do not load the code for sharing.
 * Where it cannot be loaded, as after a deploy that removed the file, another source takes its place.
 */
import type { Source } from "./source.js";

export class LazySource implements Source {
	readonly #load: () => Promise<Source>;
	readonly #instead: () => Source;
	#source: Source | undefined;
	#stopped = false;

	constructor(load: () => Promise<Source>, instead: () => Source) {
		this.#load = load;
		this.#instead = instead;
	}

	start(lastEventId: string | undefined): void {
		void this.#start(lastEventId);
	}

	stop(): void {
		this.#stopped = true;
		this.#source?.stop();
	}

	async #start(lastEventId: string | undefined): Promise<void> {
		const source = await this.#load().catch(this.#instead);
		if (this.#stopped) return;
		this.#source = source;
		source.start(lastEventId);
	}
}

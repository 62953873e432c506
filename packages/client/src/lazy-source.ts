/**
 * A source whose code is loaded when it starts, so that applications without shared streams do not load the code for sharing.
 */
import type { Source } from "./source.js";

export class LazySource implements Source {
	readonly #load: () => Promise<Source>;
	#source: Source | undefined;
	#stopped = false;

	/** @param load never rejects */
	constructor(load: () => Promise<Source>) {
		this.#load = load;
	}

	start(lastEventId: string | undefined): void {
		void this.#load().then((source) => {
			if (this.#stopped) return;
			this.#source = source;
			source.start(lastEventId);
		});
	}

	stop(): void {
		this.#stopped = true;
		this.#source?.stop();
	}
}

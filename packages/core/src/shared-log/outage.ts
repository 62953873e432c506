/**
 * An outage of an engine. Each outage is reported once, and readers wait until it ends.
 */

import { SSEError } from "../checks/errors.js";
import { failed } from "./engine-failure.js";
import type { LogEngine } from "./log-engine.js";

export class Outage {
	readonly #engine: LogEngine;
	readonly #warned = new Set<string>();
	/** The message that was reported last, during an outage. */
	#reported: string | undefined;
	#waiting: (() => void)[] = [];

	readonly #onChange: (error: SSEError | undefined) => void;

	/** @param onChange called with the reason when an outage begins, and with `undefined` when it is over */
	constructor(engine: LogEngine, onChange: (error: SSEError | undefined) => void) {
		this.#engine = engine;
		this.#onChange = onChange;
	}

	/** @returns the error to report for a warning, if the warning is new */
	onWarning(message: string): SSEError | undefined {
		if (this.#warned.has(message)) return undefined;
		this.#warned.add(message);
		return new SSEError("ERR_SSE_LOG_CONFIG", message);
	}

	/** @returns the error, and whether it has not been reported yet */
	onFailure(cause: unknown): { readonly error: SSEError; readonly isNew: boolean } {
		const error = failed(this.#engine, cause);
		const isNew = this.#reported !== error.message;
		if (this.#reported === undefined) this.#onChange(error);
		this.#reported = error.message;
		return { error, isNew };
	}

	/** Call when the outage is over, or the log is closed. */
	end(): void {
		if (this.#reported !== undefined) this.#onChange(undefined);
		this.#reported = undefined;
		for (const resolve of this.#waiting.splice(0)) resolve();
	}

	/** Resolves when the outage ends. */
	over(): Promise<void> {
		return new Promise((resolve) => {
			this.#waiting.push(resolve);
		});
	}
}

/**
 * An outage of an engine: each is reported once, and readers wait for its end.
 */

import { SSEError } from "../checks/errors.js";
import { failed } from "./append-queue.js";
import type { LogEngine } from "./log-engine.js";

export class Outage {
	readonly #engine: LogEngine;
	readonly #warned = new Set<string>();
	/** The message that was reported last, during an outage. */
	#told: string | undefined;
	#waiting: (() => void)[] = [];

	constructor(engine: LogEngine) {
		this.#engine = engine;
	}

	/** @returns what to report of a warning, if it is new */
	onWarning(message: string): SSEError | undefined {
		if (this.#warned.has(message)) return undefined;
		this.#warned.add(message);
		return new SSEError("ERR_SSE_LOG_CONFIG", message);
	}

	/** @returns the error, and whether that is new */
	onFailure(cause: unknown): { readonly error: SSEError; readonly isNew: boolean } {
		const error = failed(this.#engine, cause);
		const isNew = this.#told !== error.message;
		this.#told = error.message;
		return { error, isNew };
	}

	/** It is over, or the log is closed. */
	end(): void {
		this.#told = undefined;
		for (const resolve of this.#waiting.splice(0)) resolve();
	}

	/** Resolves at the end. */
	over(): Promise<void> {
		return new Promise((resolve) => {
			this.#waiting.push(resolve);
		});
	}
}

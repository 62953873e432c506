/**
 * An outage of an engine. Each outage is reported once, and readers wait until it ends.
 */

import { SSEError } from "../checks/errors.js";
import { within } from "../pacing/timeout.js";
import { failed } from "./engine-failure.js";
import type { LogEngine } from "./log-engine.js";

export class Outage {
	readonly #engine: LogEngine;
	readonly #warned = new Set<string>();
	/** The message that was reported last, during an outage. */
	#reported: string | undefined;
	readonly #waiting = new Set<() => void>();

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
		for (const resolve of this.#waiting) resolve();
	}

	/** Resolves when the outage ends. @throws (rejects) the signal's reason */
	async over(signal: AbortSignal | undefined): Promise<void> {
		let end = (): void => {};
		const ended = new Promise<void>((resolve) => {
			end = resolve;
		});
		this.#waiting.add(end);
		// A client that has left must not stay in memory for as long as the engine is away.
		await within(0, ended, undefined, signal).finally(() => this.#waiting.delete(end));
	}
}

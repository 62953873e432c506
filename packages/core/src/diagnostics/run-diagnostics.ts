/**
 * The diagnostics of runs: publishes what this process produces and follows.
 */
import { channels, heard } from "./channels.js";

/** A run, and which attempt at it. */
interface Attempt {
	readonly id: string;
	readonly attempt: string;
}

export class RunDiagnostics {
	readonly #runs: object;

	/** @param runs the owner; part of every message */
	constructor(runs: object) {
		this.#runs = runs;
	}

	/** This process has claimed a run. @returns what to call with its end */
	started({ id, attempt }: Attempt): (end: object) => void {
		const message = { runs: this.#runs, id, attempt };
		const since = performance.now();
		heard(channels.runStart)?.publish(message);
		return (end) => {
			const durationMs = performance.now() - since;
			heard(channels.runEnd)?.publish({ ...message, ...end, durationMs });
		};
	}

	/** What would go to `onError`. `id`: of the run, if known */
	failed(error: unknown, id: string | undefined): void {
		heard(channels.runError)?.publish({ runs: this.#runs, id, error });
	}

	/** A reader follows a run. `attempt`: `undefined` if the run is no longer kept */
	followed(id: string, attempt: string | undefined, connection: object): void {
		heard(channels.runFollow)?.publish({ runs: this.#runs, id, attempt, connection });
	}
}

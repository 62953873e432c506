/**
 * The diagnostics of runs: publishes what this process produces and follows.
 */
import { channels } from "./channels.js";

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
		const { runStart, runEnd } = channels;
		const message = { runs: this.#runs, id, attempt };
		const since = performance.now();
		if (runStart?.hasSubscribers) runStart.publish(message);
		return (end) => {
			if (!runEnd?.hasSubscribers) return;
			runEnd.publish({ ...message, ...end, durationMs: performance.now() - since });
		};
	}

	/** What would go to `onError`. `id`: of the run, if known */
	failed(error: unknown, id: string | undefined): void {
		if (channels.runError?.hasSubscribers) {
			channels.runError.publish({ runs: this.#runs, id, error });
		}
	}

	/** A reader follows a run. `attempt`: `undefined` if the run is no longer kept */
	followed(id: string, attempt: string | undefined, connection: object): void {
		if (channels.runFollow?.hasSubscribers) {
			channels.runFollow.publish({ runs: this.#runs, id, attempt, connection });
		}
	}
}

/**
 * The counter: an application beside the cluster, which counts. Each number is sent again and again, through whichever process
 * answers, until one says that the log has it. It comes once all the same: its idempotency key is known.
 */
import { setTimeout as pause } from "node:timers/promises";

/** From one number to the next. */
const INTERVAL_MS = Number(process.env.COUNT_MS || 100);
const RETRY_MS = 200;
const TIMEOUT_MS = 6_000;

/** @param {string} url of the balancer @returns what ends it */
export function startCounting(url) {
	const stop = new AbortController();

	async function count() {
		for (let number = 1; !stop.signal.aborted; number++) {
			while (!(await isTaken(number))) await pause(RETRY_MS, undefined, stop);
			await pause(INTERVAL_MS, undefined, stop);
		}
	}

	/** @param {number} number */
	async function isTaken(number) {
		const response = await fetch(`${url}/numbers`, {
			method: "POST",
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify({ number }),
			signal: AbortSignal.any([stop.signal, AbortSignal.timeout(TIMEOUT_MS)]),
		}).catch(() => undefined);
		return response?.ok ?? false;
	}

	// It rejects when it is stopped.
	count().catch(() => {});
	return () => stop.abort();
}

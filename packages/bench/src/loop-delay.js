// How late the event loop is: by Node's own histogram, whose percentiles are over ticks, and by what something
// that arrives at any moment has to wait. One pause of 300 ms a second is one tick in hundreds, but meets one
// arrival in three.

import { monitorEventLoopDelay } from "node:perf_hooks";

const TICK_MS = 1;

export class LoopDelay {
	#histogram = monitorEventLoopDelay({ resolution: TICK_MS });
	/** Between two ticks. @type {number[]} */
	#gapsMs = [];
	#lastMs = performance.now();
	#timer;

	/** Watches from now on. */
	constructor() {
		this.#histogram.enable();
		this.#timer = setInterval(() => {
			const nowMs = performance.now();
			this.#gapsMs.push(nowMs - this.#lastMs);
			this.#lastMs = nowMs;
		}, TICK_MS);
	}

	/** Ends the watch. */
	stop() {
		clearInterval(this.#timer);
		this.#histogram.disable();
		return {
			loopDelayP99Micros: this.#histogram.percentile(99) / 1_000,
			loopDelayMaxMicros: this.#histogram.max / 1_000,
			loopWaitP99Micros: waitOf(this.#gapsMs, 0.01) * 1_000,
		};
	}
}

/**
 * What all but this share of arrivals at random moments wait at most: of a gap of `d` ms, those of its first
 * `d - w` wait longer than `w`.
 * @param {readonly number[]} gaps @param {number} share
 */
export function waitOf(gaps, share) {
	const total = gaps.reduce((sum, gap) => sum + gap, 0);
	const sorted = gaps.toSorted((a, b) => b - a);
	let sum = 0;
	for (const [i, gap] of sorted.entries()) {
		sum += gap;
		const wait = (sum - share * total) / (i + 1);
		if (wait >= (sorted[i + 1] ?? 0)) return Math.max(0, wait);
	}
	return 0;
}

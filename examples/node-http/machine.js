/**
 * The machine: how busy its processors are and how much of its memory is in use, once a second.
 */
import os from "node:os";

/**
 * @typedef {object} Sample
 * @property {number} at When it was taken, in milliseconds since 1970.
 * @property {number} cpu The share of processor time in use since the sample before, 0 to 1.
 * @property {number} memory The share of memory in use, 0 to 1.
 */

const INTERVAL_MS = 1_000;
/** As many as a page shows. */
const MAX_RECENT = 120;

export const machine = { cores: os.cpus().length, memoryBytes: os.totalmem() };

/**
 * A sampler, stopped. `start` and `stop` may be called at any time, also twice.
 * @param {(sample: Sample) => void} onSample
 */
export function createSampler(onSample) {
	/** @type {Sample[]} */
	const recent = [];
	/** @type {NodeJS.Timeout | undefined} */
	let timer;
	let before = cpuTimes();

	function sample() {
		const now = cpuTimes();
		const total = now.total - before.total;
		const cpu = total > 0 ? 1 - (now.idle - before.idle) / total : 0;
		before = now;
		const taken = { at: Date.now(), cpu, memory: 1 - os.freemem() / os.totalmem() };
		recent.push(taken);
		if (recent.length > MAX_RECENT) recent.shift();
		onSample(taken);
	}

	return {
		/** The last samples, oldest first. @type {readonly Sample[]} */
		recent,
		start() {
			if (timer !== undefined) return;
			before = cpuTimes();
			timer = setInterval(sample, INTERVAL_MS);
		},
		stop() {
			clearInterval(timer);
			timer = undefined;
		},
	};
}

/** Processor time since the machine was started, of all cores. */
function cpuTimes() {
	const cores = os.cpus().map(({ times }) => times);
	const idle = cores.reduce((sum, times) => sum + times.idle, 0);
	const busy = cores.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0);
	return { idle, total: idle + busy };
}

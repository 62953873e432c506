// How long tokens took, of which there are millions: counted in steps of 0.1 ms, because a list of them would be work for the
// collector of a process that is measured.

const STEP_MICROS = 100;
const LONGEST_MICROS = 60_000_000;

export class Delays {
	#counts = new Uint32Array(LONGEST_MICROS / STEP_MICROS);
	#total = 0;

	/** @param {number} micros */
	add(micros) {
		const last = this.#counts.length - 1;
		const step = Math.max(0, Math.min(last, Math.floor(micros / STEP_MICROS)));
		this.#counts[step] = (this.#counts[step] ?? 0) + 1;
		this.#total++;
	}

	/** @param {number} share @returns {number} in microseconds: the upper end of the step */
	quantile(share) {
		let left = this.#total * share;
		const step = this.#counts.findIndex((count) => {
			left -= count;
			return left < 0;
		});
		return (step + 1) * STEP_MICROS;
	}
}

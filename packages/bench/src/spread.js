// What many runs say together: never one number alone.

/** @typedef {{ min: number, median: number, max: number }} Spread */

/** @param {readonly number[]} values at least one @returns {Spread} */
export function spreadOf(values) {
	const sorted = values.toSorted((a, b) => a - b);
	/** @param {number} index */
	const at = (index) => sorted[index] ?? Number.NaN;
	const last = sorted.length - 1;
	const median = (at(Math.floor(last / 2)) + at(Math.ceil(last / 2))) / 2;
	return { min: at(0), median, max: at(last) };
}

/**
 * Random numbers that a seed repeats.
 */

export interface Random {
	/** A whole number from `from` to `to`, both of which can come. */
	between(from: number, to: number): number;
}

/** The generator is mulberry32: 32 bits of state are enough for tests. */
export function createRandom(seed: number): Random {
	let state = seed >>> 0;
	const next = (): number => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
	return { between: (from, to) => from + Math.floor(next() * (to - from + 1)) };
}

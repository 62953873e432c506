/**
 * The time of a run.
 */

const start = performance.now();

/** Milliseconds since this process began. */
export function now(): number {
	return Math.round(performance.now() - start);
}

export function pause(ms: number): Promise<void> {
	return new Promise((resolve) => {
		setTimeout(resolve, ms);
	});
}

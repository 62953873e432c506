/**
 * The time of a run.
 */
import { measureIdle } from "@sse-service/testing";

const start = performance.now();

/** Milliseconds since this process started. */
export function now(): number {
	return Math.round(performance.now() - start);
}

/**
 * A limit on idle time of the machine, so that other programs do not matter.
 *
 * @returns whether it is over
 */
export function limitOf(ms: number): () => boolean {
	const idle = measureIdle();
	return () => idle() > ms;
}

export function pause(ms: number): Promise<void> {
	return new Promise((resolve) => {
		setTimeout(resolve, ms);
	});
}

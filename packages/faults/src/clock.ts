/**
 * The time of a run.
 */
import { measureIdle } from "@sse-service/testing";

const start = performance.now();

/** Milliseconds since this process began. */
export function now(): number {
	return Math.round(performance.now() - start);
}

/**
 * A limit in the time in which the machine was idle: how busy it is with other programs changes nothing.
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

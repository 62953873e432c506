/**
 * The time in which the machine's processors had nothing to do, on average. Limits of tests are in it, and not in the
 * clock's time: on a busy machine everything takes longer, but what waits for nothing leaves no processor idle there.
 */
import { cpus } from "node:os";

/** Begin to measure. @returns what it was until now, in milliseconds */
export function measureIdle(): () => number {
	const before = idleSinceStart();
	return () => idleSinceStart() - before;
}

function idleSinceStart(): number {
	const processors = cpus();
	return processors.reduce((sum, { times }) => sum + times.idle, 0) / processors.length;
}

/**
 * The time of drains, which passes when a test lets it: on a busy machine a window of any length may be over before a test
 * has looked.
 */
import { onTestFinished, vi } from "vitest";
import { passUntil } from "./waiting.js";

/** So small that no step ends two streams of a window that a test would choose. */
const STEP_MS = 10;

/**
 * Stop the clock and the intervals of this process until the test ends. Timeouts and sockets continue.
 * @returns lets a drain continue step by step until `test` holds; between two steps the event loop turns
 */
export function stopDrainClock(): (test: () => boolean) => Promise<void> {
	vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
	onTestFinished(() => void vi.useRealTimers());
	return (test) => passUntil(test, () => vi.advanceTimersByTime(STEP_MS), "a drain to continue");
}

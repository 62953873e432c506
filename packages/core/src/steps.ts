/**
 * The steps of what feeds a connection: one frame after the other, and what has to be waited for between them.
 */
import { within } from "./deadline.js";
import type { Frame } from "./frame.js";

/** Frames, and promises that it is given the values of. */
export type Steps<Result = void> = Generator<Frame | Promise<unknown>, Result, unknown>;

/** What a promise resolves to, for which the feed waits, or the value that it is already. */
export function* settled<T>(value: T | PromiseLike<T>, timeoutMs?: number): Steps<T> {
	if (!isPromiseLike(value)) return value;
	const promise = Promise.resolve(value);
	return (yield timeoutMs === undefined ? promise : within(timeoutMs, promise)) as T;
}

export function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
	return typeof (value as Partial<PromiseLike<T>> | undefined)?.then === "function";
}

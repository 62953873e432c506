/**
 * Iterables, iterators and promises of the application, which are untrusted.
 */
import { invalid } from "../checks/errors.js";

/** @throws `ERR_SSE_INVALID_SOURCE` */
export function iteratorOf<Item>(
	source: Partial<Iterable<Item> & AsyncIterable<Item>> | undefined | null,
): Iterator<Item> | AsyncIterator<Item> {
	// A string is iterable by its characters, which is surely a mistake.
	const iterable = typeof source === "string" ? undefined : source;
	const iterator = iterable?.[Symbol.asyncIterator]?.() ?? iterable?.[Symbol.iterator]?.();
	if (iterator === undefined) {
		throw invalid(
			"ERR_SSE_INVALID_SOURCE",
			"The source must be iterable or async iterable",
			source,
		);
	}
	return iterator;
}

/** Closes an iterator early, so that it releases its resources. The promise rejects with what the iterator throws. */
export async function closeIterator(
	iterator: Iterator<unknown> | AsyncIterator<unknown>,
): Promise<void> {
	await iterator.return?.();
}

/** Makes a thenable a promise, once: that of a query builder runs its query at each `then`. */
export function started<T>(value: T | PromiseLike<T>): T | Promise<T> {
	return isPromiseLike(value) ? Promise.resolve(value) : value;
}

export function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
	return typeof (value as Partial<PromiseLike<T>> | undefined)?.then === "function";
}

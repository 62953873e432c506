/**
 * Iterables, iterators and promises of the application's, which may be anything.
 */
import { invalid } from "../checks/errors.js";

/** @throws `ERR_SSE_INVALID_SOURCE` */
export function iteratorOf<Item>(
	source: Partial<Iterable<Item> & AsyncIterable<Item>> | undefined | null,
): Iterator<Item> | AsyncIterator<Item> {
	// A string is iterable too, by its characters: surely a mistake.
	const iterable = typeof source === "string" ? undefined : source;
	const iterator = iterable?.[Symbol.asyncIterator]?.() ?? iterable?.[Symbol.iterator]?.();
	if (iterator === undefined) {
		throw invalid("ERR_SSE_INVALID_SOURCE", "The source must be iterable", source);
	}
	return iterator;
}

/** End an iterator early, so that it frees what it holds. The promise rejects with what it throws meanwhile. */
export async function closeIterator(
	iterator: Iterator<unknown> | AsyncIterator<unknown>,
): Promise<void> {
	await iterator.return?.();
}

export function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
	return typeof (value as Partial<PromiseLike<T>> | undefined)?.then === "function";
}

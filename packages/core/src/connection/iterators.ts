/**
 * Iterables, iterators and promises of the application, which are untrusted.
 */
import { invalid, observe } from "../checks/errors.js";

type Iterating<Item> = Iterator<Item> | AsyncIterator<Item>;

/** What may be iterated, and the methods by which streams are closed. */
type Source<Item> = Partial<Iterable<Item> & AsyncIterable<Item>> & {
	/** Of a web stream. */
	getReader?(): ReadableStreamDefaultReader<Item>;
	/** Of a Node stream, as the next two. */
	destroy?(): unknown;
	on?(event: "error", listener: () => void): unknown;
	/** Only of a request to a server it is a text. */
	readonly method?: unknown;
};

/**
 * Iterates what the application passed. The iterator of a stream closes it at once, unlike the stream's own, which first waits
 * for the item that is being read: an idle stream would stay open.
 *
 * @param source an iterable, or a promise of one
 * @throws `ERR_SSE_INVALID_SOURCE`. For what a promise resolves with, `next` rejects with it
 */
export function iteratorOf<Item>(
	source: Partial<Iterable<Item> & AsyncIterable<Item> & PromiseLike<unknown>> | undefined | null,
): Iterator<Item> | AsyncIterator<Item> {
	// Each promise is awaited in its turn, which may never come, so its rejection must be handled now.
	if (Array.isArray(source)) source.forEach(observe);
	// A string is iterable by its characters, which is surely a mistake.
	const given =
		typeof source === "string" ? undefined : (source as Source<Item> | null | undefined);
	const reader = given?.getReader?.();
	if (reader) return ofReader(reader);
	const iterator = given?.[Symbol.asyncIterator]?.() ?? given?.[Symbol.iterator]?.();
	// A request shares its socket with the response. Its own iterator spares that.
	const isRequest = typeof given?.method === "string";
	if (iterator) return given?.destroy && !isRequest ? destroying(iterator, given) : iterator;
	// Last: queries of databases can be both, and have all of their rows in memory when they are awaited.
	if (isPromiseLike(given)) return ofPromise(given);
	const rule = "The source must be iterable or async iterable";
	throw invalid("ERR_SSE_INVALID_SOURCE", rule, source);
}

function ofReader<Item>(reader: ReadableStreamDefaultReader<Item>): Iterating<Item> {
	const close = (): Promise<void> =>
		reader.cancel().catch((error) =>
			// Rejects as well if the stream has failed before. The signal does that to the body of a `fetch`.
			reader.closed.then(
				() => Promise.reject(error),
				() => {},
			),
		);
	return { next: () => reader.read(), return: close } as unknown as AsyncIterator<Item>;
}

function destroying<Item>(iterator: Iterating<Item>, stream: Source<Item>): Iterating<Item> {
	const close = (): unknown => {
		// Until the first read nothing else listens, and an error that nobody hears would end the process.
		stream.on?.("error", () => {});
		stream.destroy?.();
		return iterator.return?.();
	};
	return { next: () => iterator.next(), return: close } as AsyncIterator<Item>;
}

function ofPromise<Item>(source: PromiseLike<Source<Item> | null | undefined>): Iterating<Item> {
	const opening = Promise.resolve(source).then(iteratorOf<Item>);
	// It may be closed, or forgotten, before anybody reads it.
	observe(opening);
	let isClosed = false;
	return {
		next: () => opening.then((iterator) => (isClosed ? { done: true } : iterator.next())),
		return: () => {
			isClosed = true;
			return opening.then(closeIterator, () => {});
		},
	} as unknown as AsyncIterator<Item>;
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

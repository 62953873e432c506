/**
 * A merge: reads several lists of records, each in the order of the log, as one. Its cost depends on how much is read.
 */
import type { LogRecord } from "./record.js";

/** Returns the next record with each call; `undefined` at the end. A generator would cost more than reading does. */
export type Reading = () => LogRecord | undefined;

/** The unread rest of a list. */
interface Rest {
	/** `undefined`: nothing is left. */
	next: LogRecord | undefined;
	readonly read: Reading;
}

/** The lists must not change while it is being read. */
export function merge(lists: readonly Reading[]): Reading {
	const [only] = lists;
	if (only !== undefined && lists.length === 1) return only;
	const heap = lists.map((read): Rest => ({ next: read(), read }));
	// A sorted array is a heap.
	heap.sort((one, other) => sequenceOf(one) - sequenceOf(other));
	return () => {
		const [first] = heap;
		if (first?.next === undefined) return undefined;
		const { next } = first;
		first.next = first.read();
		sink(heap);
		return next;
	};
}

/** Sifts the first element down. The children of index `i` are at `2i + 1` and `2i + 2`. */
function sink(heap: Rest[]): void {
	let index = 0;
	for (;;) {
		const left = 2 * index + 1;
		const least = sequenceOf(heap[left + 1]) < sequenceOf(heap[left]) ? left + 1 : left;
		const [upper, lower] = [heap[index], heap[least]];
		if (upper === undefined || lower === undefined) return;
		if (sequenceOf(upper) < sequenceOf(lower)) return;
		heap[index] = lower;
		heap[least] = upper;
		index = least;
	}
}

function sequenceOf(rest: Rest | undefined): number {
	return rest?.next?.position.sequence ?? Infinity;
}

/**
 * A merge: reads several lists of records, each in the order of the log, as one. Its cost depends on how much is read.
 */
import type { LogRecord } from "./record.js";

/** The unread rest of a list. */
interface Rest {
	next: LogRecord;
	readonly others: Iterator<LogRecord>;
}

/** The lists must not change while it is being read. */
export function* merge(lists: Iterable<Iterator<LogRecord>>): Generator<LogRecord, void, void> {
	const heap: Rest[] = [];
	for (const others of lists) {
		const { done, value } = others.next();
		if (done !== true) heap.push({ next: value, others });
	}
	// A sorted array is a heap.
	heap.sort((one, other) => sequenceOf(one) - sequenceOf(other));
	for (let [first] = heap; first !== undefined; [first] = heap) {
		yield first.next;
		const { done, value } = first.others.next();
		if (done !== true) first.next = value;
		else {
			const last = heap.pop();
			if (last !== undefined && last !== first) heap[0] = last;
		}
		sink(heap);
	}
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
	return rest?.next.position.sequence ?? Infinity;
}

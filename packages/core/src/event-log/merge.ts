/**
 * A merge: several lists of records, each in the order of the log, read as one. What it costs is about what is read of it.
 */
import type { LogRecord } from "./record.js";

/** A list, as far as it has not been read. */
interface Rest {
	next: LogRecord;
	readonly others: Iterator<LogRecord>;
}

/** The lists must not change before it has ended. */
export function* merge(lists: Iterable<Iterator<LogRecord>>): Generator<LogRecord, void, void> {
	const heap: Rest[] = [];
	for (const others of lists) {
		const { done, value } = others.next();
		if (done !== true) heap.push({ next: value, others });
	}
	// What is in order is a heap.
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

/** Put the first one where it belongs: each is before those at twice its index and one or two. */
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

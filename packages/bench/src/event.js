// The events of the benchmark. An event follows from its sequence number and size, so server and client
// make the same ones apart from each other, and no two are alike.

/**
 * @typedef {object} BenchEvent
 * @property {string} event the event type
 * @property {string} id
 * @property {object} data
 */

// Of seven digits throughout, so that all events of a run have one size.
const FIRST_SEQUENCE = 1_000_000;

/**
 * The event number `index` (from 0), whose block is of `byteLength` bytes with a space behind each colon.
 * @param {number} index @param {number} byteLength @returns {BenchEvent}
 */
export function createEvent(index, byteLength) {
	const sequence = FIRST_SEQUENCE + index;
	/** @param {string} text */
	const eventWith = (text) => ({ event: "tick", id: String(sequence), data: { sequence, text } });
	const textLength = byteLength - encodeBlock(eventWith(""), ": ").length;
	if (textLength < 0) throw new RangeError(`An event of ${byteLength} bytes is too small`);
	// Knuth's multiplicative hash: the texts of neighbours share nothing.
	const word = (Math.imul(sequence, 2_654_435_761) >>> 0).toString(36);
	return eventWith(word.repeat(Math.ceil(textLength / word.length)).slice(0, textLength));
}

/**
 * An event as a block of the stream. Both separators are right: "If value starts with a U+0020 SPACE
 * character, remove it from value."
 * @param {BenchEvent} event @param {": " | ":"} colon
 */
export function encodeBlock({ event, id, data }, colon) {
	return `event${colon}${event}\nid${colon}${id}\ndata${colon}${JSON.stringify(data)}\n\n`;
}

/** Data that counts how often it is made into JSON. */
export class CountedData {
	serialisations = 0;
	#value;

	/** @param {object} value */
	constructor(value) {
		this.#value = value;
	}

	toJSON() {
		this.serialisations++;
		return this.#value;
	}
}

/** The same event, with data that is counted. @param {BenchEvent} event @returns {BenchEvent & { data: CountedData }} */
export function counted(event) {
	return { ...event, data: new CountedData(event.data) };
}

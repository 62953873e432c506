// Takes the ids out of an event stream whose server makes its own, so that the rest can be compared.

const FIELD = Buffer.from("\nid: ");
const LF = 0x0a;

export class OwnIds {
	/** How much of `FIELD` the last bytes were; all of it while an id's value comes. */
	#matched = 0;

	/**
	 * Closes the gaps, in place.
	 * @param {Buffer} buffer @param {number} length @returns {number} how much is left
	 */
	remove(buffer, length) {
		let end = 0;
		for (let at = 0; at < length; at++) {
			const byte = /** @type {number} */ (buffer[at]);
			if (this.#matched === FIELD.length) {
				if (byte !== LF) continue;
				this.#matched = 0;
			}
			if (byte === FIELD[this.#matched]) this.#matched++;
			else this.#matched = byte === LF ? 1 : 0;
			buffer[end++] = byte;
		}
		return end;
	}
}

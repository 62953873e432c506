// What a reader does with the tokens that it receives: it checks the place of each, and notes how long it took. It decodes no more
// than that, because all readers share a process with the contender.

import { nowMicros } from "../usage.js";

/**
 * @typedef {{ count: number, firstMicros: number }} Received
 *
 * @typedef {object} Expected
 * @property {number} tokens how many there will be
 * @property {number} askedAt when the stream was asked for, in microseconds
 * @property {import("./delays.js").Delays} delays to which those of its tokens are added
 */

const END = "@token\n";
const ZERO = 48;
const NINE = 57;

/** @param {ReadableStream<Uint8Array | string>} stream @param {Expected} expected @returns {Promise<Received>} */
export async function receive(stream, { tokens, askedAt, delays }) {
	let beganAt = 0;
	let firstMicros = 0;
	let count = 0;
	let text = "";
	const reader = stream.getReader();
	for (;;) {
		const { done, value } = await reader.read();
		if (done) break;
		const now = nowMicros();
		text += typeof value === "string" ? value : textOf(value);
		let at = 0;
		for (let end = text.indexOf(END); end >= 0; end = text.indexOf(END, at)) {
			const middle = text.lastIndexOf("@", end - 1);
			const index = Number(text.slice(firstDigit(text, middle), middle));
			const madeAt = Number(text.slice(middle + 1, end));
			at = end + END.length;
			if (index !== count) throw new Error(`token ${index} came where ${count} should`);
			if (count++ === 0) {
				beganAt = now;
				firstMicros = now - Math.max(madeAt, askedAt);
			}
			// What was made before its reader had begun has waited for the reader.
			if (madeAt >= beganAt) delays.add(now - madeAt);
		}
		text = text.slice(at);
	}
	if (count !== tokens) throw new Error(`${count} of ${tokens} tokens came`);
	return { count, firstMicros };
}

/** Tokens are ASCII. @param {Uint8Array} bytes */
function textOf({ buffer, byteOffset, byteLength }) {
	return Buffer.from(buffer, byteOffset, byteLength).toString("latin1");
}

/** @param {string} text @param {number} end of the number */
function firstDigit(text, end) {
	let at = end;
	while (at > 0 && text.charCodeAt(at - 1) >= ZERO && text.charCodeAt(at - 1) <= NINE) at--;
	return at;
}

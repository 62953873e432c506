/**
 * Random ids like nanoid's. Its build for browsers, which runs everywhere, asks the system for random bytes for each id, and
 * joins the letters one by one, which leaves a tree of pieces of text: 640 bytes for each id.
 */
import { urlAlphabet } from "nanoid";

const DEFAULT_LENGTH = 21;
const SIX_BITS = 63;
const CODES = Array.from(urlAlphabet, (letter) => letter.charCodeAt(0));

/** Random bytes. Much less than the 65,536 that `getRandomValues` gives at most. */
const pool = new Uint8Array(4_096);
let used = pool.length;

/** The codes of the last id; used again, so that an id leaves nothing behind but its text. */
const codes: number[] = [];

/** An id of so many letters, digits, `_` and `-`, of six random bits each. Default 21. */
export function randomId(length = DEFAULT_LENGTH): string {
	if (used + length > pool.length) {
		// Not before the first id: Workers have no random bytes outside of a request.
		crypto.getRandomValues(pool);
		used = 0;
	}
	if (codes.length !== length) codes.length = length;
	for (let index = 0; index < length; index++) {
		codes[index] = CODES[(pool[used++] ?? 0) & SIX_BITS] ?? 0;
	}
	return String.fromCharCode(...codes);
}

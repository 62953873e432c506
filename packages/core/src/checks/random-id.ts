/**
 * Random ids: those of nanoid, with random bytes from a pool. Its build for browsers, which runs everywhere, asks the system
 * for each id, and that costs more than all the rest of it.
 */
import { customRandom, urlAlphabet } from "nanoid";

const DEFAULT_LENGTH = 21;
/** Much less than the 65,536 that `getRandomValues` gives at most. */
const POOL_BYTES = 4_096;

let pool: Uint8Array<ArrayBuffer> | undefined;
let used = POOL_BYTES;

/** @returns as many bytes, to be read before the next call */
function randomBytes(count: number): Uint8Array {
	if (used + count > POOL_BYTES) {
		pool ??= new Uint8Array(POOL_BYTES);
		crypto.getRandomValues(pool);
		used = 0;
	}
	used += count;
	return (pool as Uint8Array).subarray(used - count, used);
}

/** An id of so many letters, digits, `_` and `-`, of six random bits each. Default 21. */
export const randomId: (length?: number) => string = customRandom(
	urlAlphabet,
	DEFAULT_LENGTH,
	randomBytes,
);

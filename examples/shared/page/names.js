/**
 * Names of the users of a page: from the address, or invented.
 */

/** Characters; the server counts UTF-16 code units, and allows twice as many. */
const MAX_NAME_LENGTH = 20;
const MANNERS = [
	"brave",
	"calm",
	"clever",
	"gentle",
	"happy",
	"keen",
	"quick",
	"quiet",
	"sunny",
	"witty",
];
const ANIMALS = [
	"badger",
	"finch",
	"fox",
	"hare",
	"heron",
	"lynx",
	"otter",
	"owl",
	"robin",
	"seal",
];

/** The one of `?as=ada`; empty when there is none. */
export function nameInAddress() {
	const name = new URLSearchParams(location.search).get("as")?.trim() ?? "";
	return Array.from(name).slice(0, MAX_NAME_LENGTH).join("");
}

export function inventName() {
	return `${pick(MANNERS)}-${pick(ANIMALS)}`;
}

/** @param {readonly string[]} words */
function pick(words) {
	return words[Math.floor(Math.random() * words.length)];
}

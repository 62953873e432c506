/**
 * Who this tab is, and what it keeps. A client is a name: the one in the address (`?as=ada`), or one that the
 * browser keeps for all of its tabs.
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

/** The token of this tab, until it is reloaded: nobody else can know it. */
export const tabToken = Array.from(crypto.getRandomValues(new Uint32Array(4)), String).join("-");

export const me = nameInAddress() || recall("localStorage", "name") || firstName();

export function inventName() {
	return `${pick(MANNERS)}-${pick(ANIMALS)}`;
}

/** @param {"localStorage" | "sessionStorage"} storage @param {string} key */
export function recall(storage, key) {
	try {
		return window[storage].getItem(`sse-example-${key}`);
	} catch {
		// Storage is blocked: this tab forgets when it is reloaded, and works.
		return null;
	}
}

/** @param {"localStorage" | "sessionStorage"} storage @param {string} key @param {string} value */
export function remember(storage, key, value) {
	try {
		window[storage].setItem(`sse-example-${key}`, value);
	} catch {
		// As above.
	}
}

function nameInAddress() {
	const name = new URLSearchParams(location.search).get("as")?.trim() ?? "";
	return Array.from(name).slice(0, MAX_NAME_LENGTH).join("");
}

function firstName() {
	const name = inventName();
	remember("localStorage", "name", name);
	return name;
}

/** @param {readonly string[]} words */
function pick(words) {
	return words[Math.floor(Math.random() * words.length)];
}

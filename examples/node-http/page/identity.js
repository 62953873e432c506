/**
 * Who this tab is, and what it keeps. A client is a name: the one in the address (`?as=ada`), or one that the
 * browser keeps for all of its tabs.
 */
import { inventName, nameInAddress } from "/shared/names.js";

/** The token of this tab, until it is reloaded: nobody else can know it. */
export const tabToken = Array.from(crypto.getRandomValues(new Uint32Array(4)), String).join("-");

export const me = nameInAddress() || recall("localStorage", "name") || firstName();

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

function firstName() {
	const name = inventName();
	remember("localStorage", "name", name);
	return name;
}

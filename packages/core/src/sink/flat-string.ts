/**
 * A flat string: V8 keeps one that was put together as the tree of its parts, 32 bytes each, until a character of it is
 * looked at. That is worth it for a string that is kept for as long as a connection is open.
 */

/** The same string, flat from now on. */
export function flatten(text: string): string {
	// The answer depends on the look, or the compiler would leave it out.
	return Number.isNaN(text.charCodeAt(0)) ? "" : text;
}

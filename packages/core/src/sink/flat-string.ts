/**
 * A flat string: V8 keeps a concatenated string as a tree of its parts, 32 bytes each, until a character is read. Flattening
 * pays off for a string that is kept while a connection is open.
 */

/** Flattens a string and returns it. */
export function flatten(text: string): string {
	// The result depends on the read; otherwise the compiler would remove it.
	return Number.isNaN(text.charCodeAt(0)) ? "" : text;
}

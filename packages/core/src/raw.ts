/**
 * Node's request or response behind what the application has: frameworks wrap them.
 */
import { isObject } from "./errors.js";

/** The object itself, or the one a framework's wrapper carries as `raw`; `undefined` when it is no object. */
export function rawOf(value: unknown): object | undefined {
	if (!isObject(value)) return undefined;
	return isObject(value.raw) ? value.raw : value;
}

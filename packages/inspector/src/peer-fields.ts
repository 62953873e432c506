/**
 * Fields of a text that another process has written, read as untrusted input: what is missing, wrong, too long or beyond what a
 * page can show is left out.
 */

export type Fields = Readonly<Record<string, unknown>>;

/** No text of an inspector takes more bytes, and longer ones are not parsed. NATS accepts 1 MiB by default. */
export const MAX_LENGTH = 500_000;
const MAX_TEXT_LENGTH = 1_024;
/** @see https://tc39.es/ecma262/#sec-time-values-and-time-range */
const MAX_TIME = 8.64e15;

/** @returns the object that a text of this version holds */
export function parse(text: string, version: number): Fields | undefined {
	if (text.length > MAX_LENGTH) return undefined;
	try {
		const value: unknown = JSON.parse(text);
		return isObject(value) && value.v === version ? value : undefined;
	} catch {
		return undefined;
	}
}

export function isObject(value: unknown): value is Fields {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function numberOf(value: unknown): number | undefined {
	return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** What a `Date` can hold, in ms since the epoch. */
export function timeOf(value: unknown): number | undefined {
	const time = numberOf(value);
	return time !== undefined && time >= 0 && time <= MAX_TIME ? time : undefined;
}

export function textOf(value: unknown): string | undefined {
	return typeof value === "string" ? value.slice(0, MAX_TEXT_LENGTH) : undefined;
}

export function listOf<Value>(
	value: unknown,
	most: number,
	read: (value: unknown) => Value | undefined,
): Value[] {
	if (!Array.isArray(value)) return [];
	return value.slice(0, most).flatMap((each) => {
		const found = read(each);
		return found === undefined ? [] : [found];
	});
}

/** @returns the pairs of a text and a value, of which a `Map` can be made */
export function pairsOf<Value>(
	value: unknown,
	most: number,
	read: (value: unknown) => Value | undefined,
): [string, Value][] {
	return listOf(value, most, (pair): [string, Value] | undefined => {
		if (!Array.isArray(pair)) return undefined;
		const [key, each] = [textOf(pair[0]), read(pair[1])];
		return key === undefined || each === undefined ? undefined : [key, each];
	});
}

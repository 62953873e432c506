/**
 * A limit: how much there may be of something.
 */

export const LIMIT_RULE = "a positive integer or Infinity";

export function isLimit(value: unknown): value is number {
	return value === Infinity || (Number.isSafeInteger(value) && (value as number) > 0);
}

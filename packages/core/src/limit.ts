/**
 * A limit: how much there may be of something.
 */
import type { Rule } from "./option-rules.js";

export const LIMIT: Rule = [
	"a positive integer or Infinity",
	(value) => value === Infinity || (Number.isSafeInteger(value) && (value as number) > 0),
];

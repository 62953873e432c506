/**
 * A time in milliseconds that a timer can wait. Timers of Node and of browsers fire at once for more, which
 * makes a client with too long a `retry` reconnect without pause.
 */
import type { Rule } from "./option-rules.js";

/** The longest time that a timer can wait. */
export const MAX_TIME = 2 ** 31 - 1;

export const TIME_RULE = `an integer from 0 to ${MAX_TIME}`;

export function isTime(value: unknown): value is number {
	return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_TIME;
}

/** The rule for a time. */
export const TIME: Rule = [TIME_RULE, isTime];

/** The rule for a time that cannot be 0. */
export const POSITIVE_TIME: Rule = [
	`an integer of milliseconds from 1 to ${MAX_TIME}`,
	(value) => isTime(value) && value !== 0,
];

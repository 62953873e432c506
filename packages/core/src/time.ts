/**
 * A time in milliseconds that a timer can wait. Timers of Node and of browsers fire at once for more, which
 * makes a client with too long a `retry` reconnect without pause.
 */

export const TIME_RULE = "an integer from 0 to 2147483647";

export function isTime(value: unknown): value is number {
	return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31;
}

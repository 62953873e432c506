/**
 * A message: data and options as the application writes them, checked and encoded as text.
 */
import { invalid, isObject } from "./errors.js";
import { checkEventType, checkId, checkRetry, encodeEvent, serializeData } from "./event-stream.js";
import type { SendOptions } from "./types.js";

interface FieldLimits {
	readonly maxEventTypeLength: number;
	readonly maxEventIdLength: number;
}

// `{ group }` here, where it is no option, must not be taken for a wish that everyone gets the message.
const OPTION_NAMES = ["event", "id", "retry", "volatile"];

/** @throws `ERR_SSE_INVALID_OPTION`, `ERR_SSE_INVALID_DATA`, `ERR_SSE_INVALID_EVENT`, `ERR_SSE_INVALID_ID`, `ERR_SSE_INVALID_RETRY` */
export function encodeMessage(
	data: unknown,
	options: SendOptions = {},
	limits: FieldLimits,
): string {
	if (!isObject(options) || Array.isArray(options)) {
		throw invalid("ERR_SSE_INVALID_OPTION", "The options must be an object", options);
	}
	const unknown = Object.keys(options).find((name) => !OPTION_NAMES.includes(name));
	if (unknown !== undefined)
		throw invalid("ERR_SSE_INVALID_OPTION", "There is no such option", unknown);
	const fields = {
		event: checkEventType(options.event, limits.maxEventTypeLength),
		id: checkId(options.id, limits.maxEventIdLength),
		retry: checkRetry(options.retry),
		data: serializeData(data),
	};
	try {
		return encodeEvent(fields);
	} catch (cause) {
		// Only a RangeError: the text with its `data: ` prefixes would be longer than a string can be.
		throw invalid("ERR_SSE_INVALID_DATA", "The message is too long", data, undefined, cause);
	}
}

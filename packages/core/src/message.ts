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

/** @throws `ERR_SSE_INVALID_OPTION`, `ERR_SSE_INVALID_DATA`, `ERR_SSE_INVALID_EVENT`, `ERR_SSE_INVALID_ID`, `ERR_SSE_INVALID_RETRY` */
export function encodeMessage(
	data: unknown,
	options: SendOptions = {},
	limits: FieldLimits,
): string {
	if (!isObject(options) || Array.isArray(options)) {
		throw invalid("ERR_SSE_INVALID_OPTION", "The options must be an object", options);
	}
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

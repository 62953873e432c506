/**
 * A message: data and options as the application writes them, checked, and encoded as text.
 */
import { checkObject, invalid, SSEError } from "../checks/errors.js";
import { checkKey } from "../checks/names.js";
import { checkKeys } from "../checks/option-rules.js";
import { isTime, TIME_RULE } from "../checks/time.js";
import type { PublishOptions, SendOptions } from "../types/message.js";
import {
	checkEventType,
	checkId,
	checkRetry,
	type EventFields,
	encodeEvent,
	serializeData,
} from "./event-stream.js";

interface FieldLimits {
	readonly maxEventTypeLength: number;
	readonly maxEventIdLength: number;
}

/** A checked message. */
export interface Message extends EventFields {
	readonly isVolatile: boolean;
	readonly key: string | undefined;
	readonly ttlMs: number | undefined;
	readonly idempotencyKey: string | undefined;
}

// Refusing unknown names matters: a `{ group }` passed here by mistake must not send the message to everyone.
const COMMON = { event: true, id: true, retry: true, key: true, ttlMs: true };
const OF_SEND = { ...COMMON, volatile: true };
const OF_PUBLISH = { ...COMMON, idempotencyKey: true };

const NO_OPTIONS: SendOptions & PublishOptions = {};

/** @throws `ERR_SSE_INVALID_OPTION`, `ERR_SSE_INVALID_DATA`, `ERR_SSE_INVALID_EVENT`, `ERR_SSE_INVALID_ID`, `ERR_SSE_INVALID_RETRY` */
export function readMessage(
	data: unknown,
	options: SendOptions & PublishOptions = NO_OPTIONS,
	limits: FieldLimits,
	use: "send" | "pipe" | "publish" = "send",
): Message {
	if (options !== NO_OPTIONS) {
		checkObject(options, "The options", "ERR_SSE_INVALID_OPTION");
		checkKeys(options, use === "publish" ? OF_PUBLISH : OF_SEND, `${use} has no option`);
	}
	const isVolatile = options.volatile === true;
	// With a key it would remove the waiting event and then be skipped itself.
	if (isVolatile && (options.key !== undefined || options.ttlMs !== undefined)) {
		const rule =
			"volatile cannot be combined with key or ttlMs: a volatile event neither waits nor is kept";
		throw new SSEError("ERR_SSE_INVALID_OPTION", rule);
	}
	return {
		event: checkEventType(options.event, limits.maxEventTypeLength),
		id: checkId(options.id, limits.maxEventIdLength),
		retry: checkRetry(options.retry),
		data: serializeData(data),
		isVolatile,
		key: readKey(options.key, "key"),
		ttlMs: checkTtl(options.ttlMs),
		idempotencyKey: readKey(options.idempotencyKey, "idempotencyKey"),
	};
}

/** @throws like {@link readMessage} */
export function encodeMessage(
	data: unknown,
	options: SendOptions | undefined,
	limits: FieldLimits,
): string {
	return encodeFields(readMessage(data, options, limits));
}

/** Encodes a message as a block of the stream. @throws `ERR_SSE_INVALID_DATA` */
export function encodeFields(fields: EventFields): string {
	return orTooLong(fields, () => encodeEvent(fields));
}

/** Runs an encoder of a message. @throws `ERR_SSE_INVALID_DATA` if its text would exceed the maximum string length */
export function orTooLong<T>({ data }: EventFields, encode: () => T): T {
	try {
		return encode();
	} catch (cause) {
		if (!(cause instanceof RangeError)) throw cause;
		throw invalid("ERR_SSE_INVALID_DATA", "The data is longer than a string can be", data, {
			statusCode: 400,
			cause,
		});
	}
}

function readKey(key: unknown, option: string): string | undefined {
	return key === undefined ? undefined : checkKey(key, option);
}

function checkTtl(ttlMs: unknown): number | undefined {
	if (ttlMs === undefined || isTime(ttlMs)) return ttlMs;
	throw invalid("ERR_SSE_INVALID_OPTION", `The option ttlMs must be ${TIME_RULE}`, ttlMs);
}

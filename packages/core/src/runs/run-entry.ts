/**
 * An event as a producer sends it, encoded for the store and the wire.
 */
import type { SendOptions } from "../types/message.js";
import { checkEventType, serializeData } from "../wire/event-stream.js";
import type { RunEntry } from "./run-store.js";

const MAX_TYPE_LENGTH = 256;

/** @throws `ERR_SSE_INVALID_*` */
export function encodeEntry(
	data: unknown,
	options: SendOptions = {},
	mark?: string | undefined,
): RunEntry {
	const entry = {
		event: checkEventType(options.event, MAX_TYPE_LENGTH),
		data: serializeData(data),
	};
	return mark === undefined ? entry : { ...entry, mark };
}

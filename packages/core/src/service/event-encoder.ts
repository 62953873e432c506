/**
 * Encodes events of the application that bypass the event log. An id of the application's also carries the position in the log.
 */
import type { SendOptions } from "../types/message.js";
import { encodeCursor, type Position, UNPLACED } from "../wire/cursor.js";
import { encodeFrame, type Frame } from "../wire/frame.js";
import { encodeFields, type Message, readMessage } from "../wire/message.js";
import type { ResolvedOptions } from "./options.js";

/** Where the position comes from. */
interface Log {
	/** The position of a connection that has received everything so far; `undefined` before the log is open. */
	readonly position: Position | undefined;
}

export class EventEncoder {
	readonly #options: ResolvedOptions;
	readonly #log: Log | undefined;

	/** @param log `undefined`: ids carry no position */
	constructor(options: ResolvedOptions, log: Log | undefined) {
		this.#options = options;
		this.#log = log;
	}

	/**
	 * Encodes an event for one connection.
	 *
	 * @param use in a pipe, the event takes the position that its connection has when it is written
	 * @throws `ERR_SSE_INVALID_*`
	 */
	encode(data: unknown, options: SendOptions | undefined, use?: "pipe"): Frame {
		const message = readMessage(data, options, this.#options, use);
		return this.frameOf(message, message.key, use);
	}

	/** @param key of the frame: unique within its target */
	frameOf(message: Message, key: string | undefined, use?: "pipe"): Frame {
		const kind = message.isVolatile ? "volatile" : "event";
		if (message.id === undefined || this.#log === undefined) {
			return encodeFrame(encodeFields(message), kind, key);
		}
		const position = (use ? undefined : this.#log.position) ?? UNPLACED;
		const id = encodeCursor(position, message.id);
		return encodeFrame(encodeFields({ ...message, id }), kind, key, position);
	}
}

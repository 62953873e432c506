/**
 * The frames that a service itself sends: the first and last bytes of every stream, and heartbeats.
 */

import { MAX_TIME } from "../checks/time.js";
import type { Connection } from "../connection/connection.js";
import type { History } from "../history/history.js";
import { encodeCursor, type Position } from "../wire/cursor.js";
import { type CommentForm, encodeLine } from "../wire/event-stream.js";
import { encodeFrame, type Frame } from "../wire/frame.js";
import { encodeMessage } from "../wire/message.js";
import type { ResolvedOptions } from "./options.js";

// Browsers wait 3 to 5 s by default. This spreads the reconnects of clients that ended within one second over another second.
const DEFAULT_RETRY_MS = 1_000;

/** Tells a page that a newer connection replaced it. If the page reconnected, it would replace that one in turn. */
export const REPLACED: Frame = encodeFrame(
	'event: replaced\ndata: {"reason":"replaced"}\n\n',
	"control",
);

export class OwnFrames {
	/** The first bytes of every stream, because some proxies wait for data before they forward anything. */
	readonly #opening: Frame;
	/** The same for a long poll, which its client recognizes by this even where it sees no header. */
	readonly #pollOpening: Frame;
	/** The block of a heartbeat event, if heartbeats are events. */
	readonly #event: string | undefined;
	readonly #heartbeat: Frame;
	readonly #whileFed: Frame;

	constructor(options: ResolvedOptions) {
		const { retryMs, heartbeatIntervalMs, heartbeatEvent: event, commentForm } = options;
		const retry = retryMs === undefined ? "" : encodeLine(`retry: ${retryMs}`, commentForm);
		const openingOf = (text: string): Frame =>
			encodeFrame(encodeLine(`: ${text}`, commentForm) + retry, "control");
		this.#opening = openingOf("open");
		this.#pollOpening = openingOf("poll");
		const comment = encodeLine(": heartbeat", commentForm);
		const data = { intervalMs: heartbeatIntervalMs };
		const limits = { ...options, maxEventTypeLength: Infinity };
		this.#event = event === undefined ? event : encodeMessage(data, { event }, limits);
		this.#heartbeat = encodeFrame(this.#event ?? comment, "control");
		this.#whileFed = encodeFrame(comment, "control");
	}

	opening(isPoll: boolean): Frame {
		return isPoll ? this.#pollOpening : this.#opening;
	}

	/** Sends an idle connection a heartbeat. `history`: adds the client's position, if the service has one */
	beat(connection: Connection, history: History | undefined): void {
		if (connection.isFed) connection.beat(this.#whileFed);
		else connection.enqueue(history?.beat(this.#event) ?? this.#heartbeat);
	}
}

/**
 * Encodes the last bytes of a connection that a drain ends: a random reconnection time, 50 to 150 % of the service's.
 *
 * @param position where the client resumes, if known
 */
export function encodeDrainNotice(
	options: { readonly retryMs?: number | undefined; readonly commentForm: CommentForm },
	position: Position | undefined,
): Frame {
	const { retryMs = DEFAULT_RETRY_MS, commentForm } = options;
	const retry = Math.min(MAX_TIME, Math.round(retryMs * (0.5 + Math.random())));
	const text =
		position === undefined
			? encodeLine(`retry: ${retry}`, commentForm)
			: `retry: ${retry}\nid: ${encodeCursor(position)}\n\n`;
	return encodeFrame(text, "control", undefined, position);
}

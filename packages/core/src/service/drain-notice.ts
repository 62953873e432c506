/**
 * The farewell: what a connection is sent last when a drain ends it.
 */

import { MAX_TIME } from "../checks/time.js";
import { encodeCursor, type Position } from "../wire/cursor.js";
import { type CommentForm, encodeLine } from "../wire/event-stream.js";
import { encodeFrame, type Frame } from "../wire/frame.js";

// Browsers wait 3 to 5 s by themselves. This is enough for those ended in one second to come back over another.
const DEFAULT_RETRY_MS = 1_000;

/**
 * A reconnection time of the connection's own: 50 to 150 % of the service's.
 *
 * @param position where the client resumes, if that is known
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

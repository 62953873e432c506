/**
 * What a run's entries become on the wire: as they are, or as a codec says.
 */
import type { SSEMessage } from "../types/message.js";
import type { RunEvent } from "./fold.js";
import { encodeRunCursor } from "./run-cursor.js";
import { endReasonOf } from "./run-end.js";
import type { RunEntry } from "./run-store.js";
import type { RunCodec, RunGapReason, RunPosition } from "./run-types.js";

export function entryMessages(
	entry: RunEntry,
	position: RunPosition,
	codec: RunCodec,
): SSEMessage[] {
	const { event, data, end } = entry;
	if (end === undefined) return eventMessages([{ event, data }], position, codec);
	const reason = endReasonOf(entry);
	const messages = codec.end?.({ outcome: end, reason }, position) ?? [{ event, data }];
	return withId(messages, position);
}

/** Several events that stand for one position: a reader that has not had the last of them has had none. */
export function eventMessages(
	events: readonly RunEvent[],
	position: RunPosition,
	codec: RunCodec,
): SSEMessage[] {
	const messages = events.flatMap((event) => codec.event?.(event, position) ?? [event]);
	return withId(messages, position);
}

/** What tells a reader that its position cannot be gone on from. What follows begins at `position`, if anything does. */
export function gapMessages(
	reason: RunGapReason,
	position: RunPosition | undefined,
	codec: RunCodec,
): SSEMessage[] {
	const messages = codec.gap?.(reason) ?? [{ event: "gap", data: { reason } }];
	// An empty id makes the reader one that has had nothing.
	return position === undefined
		? messages.map((message) => ({ ...message, id: "" }))
		: withId(messages, position);
}

function withId(messages: readonly SSEMessage[], position: RunPosition): SSEMessage[] {
	const last = messages.length - 1;
	const id = encodeRunCursor(position);
	return messages.map((message, index) => (index === last ? { id, ...message } : message));
}

/**
 * Encodes a run's entries for the wire: as they are, or with a codec.
 */
import type { SSEMessage } from "../types/message.js";
import type { RunEvent } from "./fold.js";
import { encodeRunCursor, type RunCursor } from "./run-cursor.js";
import { endEntry, endReasonOf } from "./run-end.js";
import type { RunEntry, RunOutcome } from "./run-store.js";
import type { RunCodec, RunGapReason, RunPosition } from "./run-types.js";

type EntryPosition = RunPosition & RunCursor;

export function entryMessages(
	entry: RunEntry,
	position: EntryPosition,
	codec: RunCodec,
): SSEMessage[] {
	const { event, data, end } = entry;
	if (end === undefined && codec.event === undefined) {
		return [{ event, data, id: encodeRunCursor(position) }];
	}
	if (end === undefined) return eventMessages([{ event, data }], position, codec);
	return withId(endMessages({ ...entry, end }, position, codec), { ...position, isEnd: true });
}

/** Encodes that a reader cannot be sent the rest, by the end of a run that failed. Without an id: the run may have another end. */
export function failureMessages(position: RunPosition, codec: RunCodec): readonly SSEMessage[] {
	return endMessages({ ...endEntry("failed", "error"), end: "failed" }, position, codec);
}

function endMessages(
	entry: RunEntry & { readonly end: RunOutcome },
	position: EntryPosition,
	codec: RunCodec,
): readonly SSEMessage[] {
	const { event, data, end } = entry;
	const reason = endReasonOf(entry);
	return codec.end?.({ outcome: end, reason }, position) ?? [{ event, data }];
}

/**
 * Encodes a state. Only its last message has a cursor for its id: a reader that lost its connection before it receives a gap, and
 * then all of it again, because a client may add up what it had.
 */
export function stateMessages(
	events: readonly RunEvent[],
	position: EntryPosition,
	codec: RunCodec,
): SSEMessage[] {
	const cursor = encodeRunCursor(position);
	return eventMessages(events, position, codec).map((message, index) => ({
		id: `${cursor}.${index}`,
		...message,
	}));
}

/** Encodes events for one position: a reader that has not received the last one counts as having received none. */
function eventMessages(
	events: readonly RunEvent[],
	position: EntryPosition,
	codec: RunCodec,
): SSEMessage[] {
	const messages = events.flatMap((event) => codec.event?.(event, position) ?? [event]);
	return withId(messages, position);
}

/** Encodes the notice that a reader cannot continue from its position. The following events, if any, begin at `position`. */
export function gapMessages(
	reason: RunGapReason,
	position: EntryPosition | undefined,
	codec: RunCodec,
): SSEMessage[] {
	const messages = codec.gap?.(reason) ?? [{ event: "gap", data: { reason } }];
	// An empty id resets the reader to the start.
	return position === undefined
		? messages.map((message) => ({ ...message, id: "" }))
		: withId(messages, position);
}

function withId(messages: readonly SSEMessage[], cursor: RunCursor): SSEMessage[] {
	const last = messages.length - 1;
	const id = encodeRunCursor(cursor);
	return messages.map((message, index) => (index === last ? { id, ...message } : message));
}

/**
 * Notices: blocks of the stream that give clients a position in the log. Connections that need the same notice share one
 * frame, because thousands reconnect at once after a network failure.
 */

import type { GapReason } from "../types/history.js";
import { encodeCursor, type Position } from "../wire/cursor.js";
import { encodeEvent } from "../wire/event-stream.js";
import { encodeFrame, type Frame, type FrameKind } from "../wire/frame.js";

/** `"partial"`: the newest state of the connection's groups has yet to follow. */
export type NoticeState = "partial" | undefined;

export class Notices {
	/** Replaces dropped events. It has no id, so that a client that never receives it resumes before them. */
	readonly drop: Frame;
	readonly #gapEvent: string;
	readonly #positionEvent: string | undefined;
	#position: Position | undefined;
	/** Of that position. */
	readonly #frames = new Map<string, Frame>();

	constructor(gapEvent: string, positionEvent?: string) {
		this.#gapEvent = gapEvent;
		this.#positionEvent = positionEvent;
		this.drop = encodeFrame(encodeEvent({ event: gapEvent, ...dataOf("slow") }), "event");
	}

	/** Sets the client's last event ID without dispatching an event: "if the data buffer is an empty string, … return". */
	id(position: Position, state?: NoticeState): Frame {
		return this.#frame(`id ${state}`, position, state, (id) =>
			encodeFrame(`id: ${id}\n\n`, "control", undefined, position),
		);
	}

	/** Reports that the client has received everything up to a position. With `positionEvent`, an event that scripts see. */
	arrival(position: Position): Frame {
		if (this.#positionEvent === undefined) return this.id(position);
		return this.#frame("arrival", position, undefined, (id) =>
			this.#positionFrame(id, "control", position),
		);
	}

	/** Reports that `recover` has made up for everything up to a position. */
	landing(position: Position, state: NoticeState): Frame {
		return this.#frame(`landing ${state}`, position, state, (id) =>
			this.#positionFrame(id, "landing", position, state),
		);
	}

	gap(reason: GapReason, position: Position, state?: NoticeState): Frame {
		return this.#frame(`gap ${reason} ${state}`, position, state, (id) =>
			encodeFrame(
				encodeEvent({ event: this.#gapEvent, id, ...dataOf(reason) }),
				"gap",
				undefined,
				position,
			),
		);
	}

	/** A heartbeat that a page can see; `block` is the event without its id. */
	beat(block: string, position: Position): Frame {
		return this.#frame("beat", position, undefined, (id) =>
			encodeFrame(`id: ${id}\n${block}`, "control", undefined, position),
		);
	}

	#positionFrame(id: string, kind: FrameKind, position: Position, state?: NoticeState): Frame {
		const event = state === undefined ? this.#positionEvent : undefined;
		const text = event === undefined ? `id: ${id}\n\n` : encodeEvent({ event, id, data: "{}" });
		return encodeFrame(text, kind, undefined, position);
	}

	#frame(
		what: string,
		position: Position,
		state: NoticeState,
		encode: (id: string) => Frame,
	): Frame {
		if (position !== this.#position) this.#frames.clear();
		this.#position = position;
		const known = this.#frames.get(what);
		if (known !== undefined) return known;
		const frame = encode(encodeCursor(position, undefined, state));
		this.#frames.set(what, frame);
		return frame;
	}
}

function dataOf(reason: GapReason): { data: string } {
	return { data: JSON.stringify({ reason }) };
}

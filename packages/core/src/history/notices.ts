/**
 * Notices: blocks of the stream that tell clients a position in the log. Made once for all connections that are told
 * the same: after a broken network thousands come back at once.
 */

import type { GapReason } from "../types/history.js";
import { encodeCursor, type Position } from "../wire/cursor.js";
import { encodeEvent } from "../wire/event-stream.js";
import { encodeFrame, type Frame } from "../wire/frame.js";

/** `"partial"`: the newest state of the connection's groups is still to follow. */
export type NoticeState = "partial" | undefined;

export class Notices {
	/** In the place of events that were dropped. Without an id: one that never gets it resumes before them. */
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

	/** Sets the client's last event ID, and is no event: "if the data buffer is an empty string, … return". */
	id(position: Position, state?: NoticeState): Frame {
		return this.#frame(`id ${state}`, position, state, (id) =>
			encodeFrame(`id: ${id}\n\n`, "control", undefined, position),
		);
	}

	/** The client has been given all up to a position. With `positionEvent` an event, which scripts see. */
	arrival(position: Position): Frame {
		const event = this.#positionEvent;
		if (event === undefined) return this.id(position);
		return this.#frame("arrival", position, undefined, (id) =>
			encodeFrame(encodeEvent({ event, id, data: "{}" }), "control", undefined, position),
		);
	}

	gap(reason: GapReason, position: Position, state?: NoticeState): Frame {
		return this.#frame(`gap ${reason} ${state}`, position, state, (id) =>
			encodeFrame(
				encodeEvent({ event: this.#gapEvent, id, ...dataOf(reason) }),
				"logged",
				undefined,
				position,
			),
		);
	}

	/** A heartbeat that a page can see, `block` as it is without an id. */
	beat(block: string, position: Position): Frame {
		return this.#frame("beat", position, undefined, (id) =>
			encodeFrame(`id: ${id}\n${block}`, "control", undefined, position),
		);
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

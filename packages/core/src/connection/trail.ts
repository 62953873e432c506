/**
 * The trail of one connection: the ids sent to its client, which resumes from the last one. Every frame passes through here on its
 * way to the sink, in the order of the wire, so that no id moves the client back.
 */
import { isBehind, type Position } from "../wire/cursor.js";
import type { Frame } from "../wire/frame.js";
import { placedAt } from "../wire/placed-frame.js";

export abstract class Trail {
	/** The position of the last id. */
	#at: Position | undefined;
	/** See {@link relyOn}. */
	#reliesOn: Position | undefined;

	/** Sets the position that the client sent when it connected: it has everything up to there. */
	startAt(position: Position): void {
		this.#at ??= position;
	}

	/**
	 * Call when events were left out because newer ones, up to a position, replace them. Until the client has those, its ids
	 * state that they rely on that position.
	 */
	relyOn(position: Position): void {
		if (this.#reliesOn === undefined || !isBehind(position, this.#reliesOn)) {
			this.#reliesOn = position;
		}
	}

	/**
	 * Returns a frame in the form to write now. Call once per frame.
	 *
	 * @param hasWaited the log may have advanced or broken since the frame was encoded
	 */
	place(frame: Frame, hasWaited = false): Frame {
		const { position, kind } = frame;
		if (position === undefined) return frame;
		const at = this.#at;
		const isLanding = kind === "landing" || kind === "gap";
		// For all that was left out before, the client has received the event or a gap.
		if (isLanding) this.#reliesOn = undefined;
		const holds = at === undefined || kind === "logged" || isLanding;
		const now = holds || !isStale(frame, position, at, hasWaited) ? position : at;
		this.#at = now;
		const reliesOn = this.#reliesOn;
		if (reliesOn !== undefined && isBehind(now, reliesOn)) return placedAt(frame, now, reliesOn);
		this.#reliesOn = undefined;
		return now === position ? frame : placedAt(frame, now);
	}
}

/** Whether a frame's position is no longer, or not yet, true for its client. */
function isStale({ kind }: Frame, position: Position, at: Position, hasWaited: boolean): boolean {
	if (isBehind(position, at)) return true;
	// A notice itself moves the client to another log. An event of the application only carries its connection's position.
	const isEvent = kind !== "control";
	return (isEvent && hasWaited) || ((isEvent || hasWaited) && position.epoch !== at.epoch);
}

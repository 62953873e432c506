/**
 * The trail of one connection: the ids that its client is sent, of which the last is where it resumes. Every frame passes here on
 * its way to the sink, in the order of the wire, so that no id leads back behind the one before.
 */
import { isBehind, type Position } from "../wire/cursor.js";
import type { Frame } from "../wire/frame.js";
import { placedAt } from "../wire/placed-frame.js";

export abstract class Trail {
	/** What the last id says. */
	#at: Position | undefined;
	/** See {@link relyOn}. */
	#reliesOn: Position | undefined;

	/** Its client has been given everything up to a position, as it said itself when it came. */
	startAt(position: Position): void {
		this.#at ??= position;
	}

	/**
	 * Events were left out because newer ones up to a position replace them. Until the client has these, its ids say that they
	 * rely on them.
	 */
	relyOn(position: Position): void {
		if (this.#reliesOn === undefined || !isBehind(position, this.#reliesOn)) {
			this.#reliesOn = position;
		}
	}

	/**
	 * A frame as it is written now. Called once for each.
	 *
	 * @param hasWaited the log may have moved on, or elsewhere, since the frame was made
	 */
	place(frame: Frame, hasWaited = false): Frame {
		const { position, kind } = frame;
		if (position === undefined) return frame;
		const at = this.#at;
		const now =
			at !== undefined && kind !== "logged" && isStale(frame, position, at, hasWaited)
				? at
				: position;
		this.#at = now;
		const reliesOn = this.#reliesOn;
		if (reliesOn === undefined) return now === position ? frame : placedAt(frame, now);
		if (isBehind(now, reliesOn)) return placedAt(frame, now, reliesOn);
		this.#reliesOn = undefined;
		return now === position ? frame : placedAt(frame, now);
	}
}

/** Whether what a frame says of its client is no longer true, or not yet. */
function isStale({ kind }: Frame, position: Position, at: Position, hasWaited: boolean): boolean {
	if (isBehind(position, at)) return true;
	// A notice leads to another log itself. An event of the application only says where its connection is.
	const isEvent = kind !== "control";
	return (isEvent && hasWaited) || ((isEvent || hasWaited) && position.epoch !== at.epoch);
}

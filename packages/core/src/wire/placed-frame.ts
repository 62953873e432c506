/**
 * Frames whose id was encoded before its position was known: replaces the position, or leaves the id out.
 */
import { encodeCursor, type Position } from "./cursor.js";
import { encodeFrame, type Frame } from "./frame.js";

interface Placed {
	readonly position: Position;
	readonly reliesOn: Position | undefined;
	readonly frame: Frame;
}

// Held weakly, one per frame: in a fan-out most connections are at the same position.
const PLACED = new WeakMap<Frame, Placed>();

// Only the id line, which precedes the arbitrary data, begins like this. Only LF ends a line here.
const CURSOR = /(^|\n)id: v1\.[^;~^\n]*(~?)[^;\n]*/;

/** Returns a frame with another position in its id. The application's own id and the `partial` mark stay unchanged. */
export function placedAt(frame: Frame, position: Position, reliesOn?: Position): Frame {
	const known = PLACED.get(frame);
	if (known?.position === position && known.reliesOn === reliesOn) return known.frame;
	const text = frame.text.replace(CURSOR, (_, start: string, mark: string) => {
		const state = mark === "" ? undefined : "partial";
		return `${start}id: ${encodeCursor(position, undefined, state, reliesOn)}`;
	});
	const placed = encodeFrame(text, frame.kind, undefined, position);
	PLACED.set(frame, { position, reliesOn, frame: placed });
	return placed;
}

/** Returns a frame without its id. */
export function withoutId(frame: Frame): Frame {
	return encodeFrame(frame.text.replace(/(^|\n)id: [^\n]*\n/, "$1"), frame.kind);
}

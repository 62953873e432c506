/**
 * Frames whose id was made before it was known what it has to say: the position in it is exchanged.
 */
import { encodeCursor, type Position } from "./cursor.js";
import { encodeFrame, type Frame } from "./frame.js";

interface Placed {
	readonly position: Position;
	readonly reliesOn: Position | undefined;
	readonly frame: Frame;
}

// Weakly, one for each: in a fan-out most connections are at the same position.
const PLACED = new WeakMap<Frame, Placed>();

// Before the data, which is whatever it is, nothing but the id begins so. Only LF ends a line here.
const CURSOR = /(^|\n)id: v1\.[^;~^\n]*(~?)[^;\n]*/;

/** A frame with another position in its id. The application's own id, and whether state is still to follow, stay as they are. */
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

/**
 * A frame: one event (or comment) as the bytes that go on the wire. Made once, however many
 * connections it is for; nothing downstream encodes again or splits it.
 */

/** What a frame carries: an event, an event that a connection which is behind skips, or a comment. */
export type FrameKind = "event" | "volatile" | "comment";

export class Frame {
	// A Buffer, because Node's streams would wrap any other array anew for each write.
	readonly bytes: Buffer;
	readonly kind: FrameKind;

	constructor(text: string, kind: FrameKind) {
		this.bytes = Buffer.from(text);
		this.kind = kind;
	}
}

/** The bytes of several frames, in order, as one piece; a single frame's own bytes where it is alone. */
export function concatFrames(frames: readonly Frame[]): Buffer {
	const [first] = frames;
	if (first !== undefined && frames.length === 1) return first.bytes;
	return Buffer.concat(frames.map((frame) => frame.bytes));
}

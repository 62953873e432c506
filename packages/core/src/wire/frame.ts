/**
 * A frame: whole events (or a comment) as the bytes that go on the wire. Made once, however many
 * connections it is for; nothing downstream encodes it again, or writes anything into the midst of it.
 */
import type { Position } from "./cursor.js";

/** What a frame carries: an event, one that has its place in the event log (or takes that of others), one that a connection that is behind skips, or one of ours: a comment, a heartbeat, a position, a notice. */
export type FrameKind = "event" | "logged" | "volatile" | "control";

const CRLF = "\r\n";

export class Frame {
	readonly kind: FrameKind;
	/** Of the bytes themselves, without HTTP's framing. */
	readonly byteLength: number;
	/**
	 * The bytes as one chunk of HTTP/1.1: their number in hexadecimal digits, a line end, the bytes, a line end.
	 * A Buffer, because Node's streams would wrap any other array anew for each write.
	 *
	 * @see https://www.rfc-editor.org/rfc/rfc9112#section-7.1
	 */
	readonly chunk: Buffer;
	/** Of the frames with the same one, only the newest is of use. */
	readonly key: string | undefined;
	/** In the event log, as its id says it, if it has one that does. That of an `event` or a `volatile` is where its connection is. */
	readonly position: Position | undefined;
	#bytes: Buffer | undefined;

	constructor(
		kind: FrameKind,
		byteLength: number,
		chunk: Buffer,
		key?: string,
		position?: Position,
	) {
		this.kind = kind;
		this.byteLength = byteLength;
		this.chunk = chunk;
		this.key = key;
		this.position = position;
	}

	/** The bytes alone, for what does its own framing: a part of the chunk, not a copy. */
	get bytes(): Buffer {
		const end = this.chunk.byteLength - CRLF.length;
		this.#bytes ??= this.chunk.subarray(end - this.byteLength, end);
		return this.#bytes;
	}

	/** What the bytes say. */
	get text(): string {
		const end = this.chunk.byteLength - CRLF.length;
		return this.chunk.toString("utf8", end - this.byteLength, end);
	}

	/** Copy the bytes alone. @returns how many they are */
	copyTo(target: Buffer, start: number): number {
		const end = this.chunk.byteLength - CRLF.length;
		return this.chunk.copy(target, start, end - this.byteLength, end);
	}
}

/** For what is written and gone soon; with a key, it is kept. */
export function encodeFrame(
	text: string,
	kind: FrameKind,
	key?: string,
	position?: Position,
): Frame {
	if (key !== undefined) return encodeKeptFrame(text, kind, key, position);
	const byteLength = Buffer.byteLength(text);
	const chunk = Buffer.from(headOf(byteLength) + text + CRLF);
	return new Frame(kind, byteLength, chunk, key, position);
}

/**
 * For what is kept for long. `Buffer.from` gives small ones parts of 8 KB which all of the process shares, and whatever
 * is kept of these keeps the whole: this has memory of its own.
 */
export function encodeKeptFrame(
	text: string,
	kind: FrameKind,
	key?: string,
	position?: Position,
): Frame {
	const byteLength = Buffer.byteLength(text);
	const head = headOf(byteLength);
	const chunk = Buffer.allocUnsafeSlow(head.length + byteLength + CRLF.length);
	chunk.write(head + text + CRLF);
	return new Frame(kind, byteLength, chunk, key, position);
}

/** Several frames, in order, as one; a frame that is alone is itself. */
export function joinFrames(frames: readonly Frame[]): Frame {
	const [first] = frames;
	if (first !== undefined && frames.length === 1) return first;
	const byteLength = frames.reduce((sum, frame) => sum + frame.byteLength, 0);
	const head = headOf(byteLength);
	const chunk = Buffer.allocUnsafe(head.length + byteLength + CRLF.length);
	let end = chunk.write(head);
	// Not by way of `bytes`, which a frame that is kept would keep as well.
	for (const frame of frames) end += frame.copyTo(chunk, end);
	chunk.write(CRLF, end);
	return new Frame("event", byteLength, chunk);
}

function headOf(byteLength: number): string {
	return byteLength.toString(16) + CRLF;
}

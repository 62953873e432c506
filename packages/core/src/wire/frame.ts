/**
 * A frame: whole events (or a comment) as the bytes on the wire. Encoded once for all connections; nothing downstream
 * encodes it again or writes into the middle of it.
 */
import type { Audience } from "../types/target.js";
import type { Position } from "./cursor.js";

/**
 * What a frame carries: an event; an event that has a place in the event log, or stands for others that have; an event that
 * a connection that is behind skips; or a frame of the library: a comment, a heartbeat, a position, a notice. A `landing` is
 * a position that is valid wherever its client was before, perhaps in a lost part of the log; a `gap` is an event that reports one.
 */
export type FrameKind = "event" | "logged" | "volatile" | "control" | "landing" | "gap";

const CRLF = "\r\n";

export class Frame {
	readonly kind: FrameKind;
	/** The length of the bytes, without HTTP's framing. */
	readonly byteLength: number;
	/**
	 * The bytes as one chunk of HTTP/1.1: their number in hexadecimal digits, a line end, the bytes, a line end.
	 * A Buffer, because Node's streams would wrap any other array again for each write.
	 *
	 * @see https://www.rfc-editor.org/rfc/rfc9112#section-7.1
	 */
	readonly chunk: Buffer;
	/** Of the frames with the same key, only the newest counts. */
	readonly key: string | undefined;
	/** The position in its id, if any. For an `event` or a `volatile`, the position of its connection. */
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

	/** Whether the application sent it, or it stands for what the application sent. */
	get isEvent(): boolean {
		return this.kind !== "control" && this.kind !== "landing";
	}

	/** The bytes alone, for transports with their own framing. A view of the chunk, not a copy. */
	get bytes(): Buffer {
		const end = this.chunk.byteLength - CRLF.length;
		this.#bytes ??= this.chunk.subarray(end - this.byteLength, end);
		return this.#bytes;
	}

	/** The bytes as text. */
	get text(): string {
		const end = this.chunk.byteLength - CRLF.length;
		return this.chunk.toString("utf8", end - this.byteLength, end);
	}

	/** Copies the bytes alone. @returns their number */
	copyTo(target: Buffer, start: number): number {
		const end = this.chunk.byteLength - CRLF.length;
		return this.chunk.copy(target, start, end - this.byteLength, end);
	}
}

/** Encodes a frame that is written and released soon. A frame with a key is kept longer. */
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
 * Encodes a frame that is kept for long. `Buffer.from` allocates small buffers from a shared 8 KB pool, and one kept part keeps
 * the whole pool alive. This frame has memory of its own.
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
	// Joined to one string, the text would be copied once more.
	writeLine(chunk, 0, head);
	chunk.write(text, head.length);
	writeLine(chunk, head.length + byteLength, CRLF);
	return new Frame(kind, byteLength, chunk, key, position);
}

/** Joins several frames, in order, into one; a single frame is returned as it is. */
export function joinFrames(frames: readonly Frame[]): Frame {
	const [first] = frames;
	if (first !== undefined && frames.length === 1) return first;
	const byteLength = frames.reduce((sum, frame) => sum + frame.byteLength, 0);
	const head = headOf(byteLength);
	const chunk = Buffer.allocUnsafe(head.length + byteLength + CRLF.length);
	let end = chunk.write(head);
	// Not through `bytes`, because a kept frame would then keep that view as well.
	for (const frame of frames) end += frame.copyTo(chunk, end);
	chunk.write(CRLF, end);
	return new Frame("event", byteLength, chunk);
}

/** Writes a few ASCII characters: a call into Node would cost more. */
function writeLine(chunk: Buffer, start: number, line: string): void {
	for (let at = 0; at < line.length; at++) chunk[start + at] = line.charCodeAt(at);
}

function headOf(byteLength: number): string {
	return byteLength.toString(16) + CRLF;
}

/** The key of a frame: `key` is unique within its target only. */
export function keyOf({ client, group }: Audience, key: string | undefined): string | undefined {
	return key === undefined ? key : JSON.stringify([client ?? null, group ?? null, key]);
}

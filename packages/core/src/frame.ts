/**
 * A frame: whole events (or a comment) as the bytes that go on the wire. Made once, however many
 * connections it is for; nothing downstream encodes again or splits it.
 */

/** What a frame carries: an event, one with its place in the event log, one that a connection which is behind skips, or a comment. */
export type FrameKind = "event" | "logged" | "volatile" | "comment";

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
	#bytes: Buffer | undefined;

	constructor(kind: FrameKind, byteLength: number, chunk: Buffer, key?: string) {
		this.kind = kind;
		this.byteLength = byteLength;
		this.chunk = chunk;
		this.key = key;
	}

	/** The bytes alone, for what does its own framing: a part of the chunk, not a copy. */
	get bytes(): Buffer {
		const end = this.chunk.byteLength - CRLF.length;
		this.#bytes ??= this.chunk.subarray(end - this.byteLength, end);
		return this.#bytes;
	}
}

export function encodeFrame(text: string, kind: FrameKind, key?: string): Frame {
	const byteLength = Buffer.byteLength(text);
	const chunk = headOf(byteLength) + text + CRLF;
	return new Frame(kind, byteLength, key === undefined ? Buffer.from(chunk) : own(chunk), key);
}

/** The newest of a key is kept for long: as a part of memory that it shares with others it would keep that of all. */
function own(text: string): Buffer {
	const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
	bytes.write(text);
	return bytes;
}

/** Several frames, in order, as one; a frame that is alone is itself. */
export function joinFrames(frames: readonly Frame[]): Frame {
	const [first] = frames;
	if (first !== undefined && frames.length === 1) return first;
	const byteLength = frames.reduce((sum, frame) => sum + frame.byteLength, 0);
	const bytes = frames.map((frame) => frame.bytes);
	const chunk = Buffer.concat([Buffer.from(headOf(byteLength)), ...bytes, Buffer.from(CRLF)]);
	return new Frame("event", byteLength, chunk);
}

function headOf(byteLength: number): string {
	return byteLength.toString(16) + CRLF;
}

/**
 * Where in the bytes of a response one is: an event stream over HTTP/1.1, in chunks.
 */

/**
 * What has started and not ended.
 * - `headers`: the status line or a header.
 * - `framing`: the size line of a chunk, or the line end after it.
 * - `id`: an `id` line.
 * - `event`: another line of a block, or the block between two lines.
 * - `between`: nothing: a block has ended, or a comment.
 */
export type Place = (typeof PLACES)[number];

export const PLACES = ["headers", "framing", "id", "event", "between"] as const;

const CR = 13;
const LF = 10;
const LETTER_I = "i".charCodeAt(0);
const COLON = ":".charCodeAt(0);

export class ResponsePlace {
	/** After the bytes so far. */
	current: Place = "between";
	#part: "headers" | "size" | "body" | "end" = "headers";
	/** Of a line of HTTP. */
	#line = "";
	/** Of the chunk, its body. */
	#bytesLeft = 0;
	/** The first byte of a line of the event stream, when it has one. */
	#first: number | undefined;
	#isInBlock = false;

	/** Go on by one byte. */
	push(byte: number): void {
		if (this.#part === "body") {
			this.#pushBody(byte);
			if (--this.#bytesLeft === 0) this.#part = "end";
			return;
		}
		this.current = this.#part === "headers" ? "headers" : "framing";
		if (byte !== LF) {
			if (byte !== CR) this.#line += String.fromCharCode(byte);
			return;
		}
		const line = this.#line;
		this.#line = "";
		if (this.#part === "headers") {
			if (line !== "") return;
			this.#part = "size";
		} else if (this.#part === "size") {
			this.#bytesLeft = Number.parseInt(line, 16);
			this.#part = "body";
		} else this.#part = "size";
		this.current = this.#placeInBody();
	}

	#pushBody(byte: number): void {
		if (byte === LF) {
			// A blank line ends the block; a comment is in none.
			if (this.#first === undefined) this.#isInBlock = false;
			else if (this.#first !== COLON) this.#isInBlock = true;
			this.#first = undefined;
		} else this.#first ??= byte;
		this.current = this.#placeInBody();
	}

	#placeInBody(): Place {
		// No other field begins with this letter.
		if (this.#first === LETTER_I) return "id";
		const isInLine = this.#first !== undefined && this.#first !== COLON;
		return isInLine || this.#isInBlock ? "event" : "between";
	}
}

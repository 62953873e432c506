// The check of one connection: takes the response out of its HTTP/1.1 framing, and ids that the server makes itself out
// of the body, and compares the rest with what is expected. A lost, added, changed or reordered byte is detected.

import { OwnIds } from "./own-ids.js";

/** @typedef {import("./expected-body.js").ExpectedBody} ExpectedBody */

const CR = 0x0d;
const LF = 0x0a;
const MAX_HEAD_BYTES = 16 * 1024;
const MAX_CHUNK_BYTES = 16 * 1024 * 1024;

export class ResponseCheck {
	#expected;
	#onPiece;
	/** The part of the head received so far; `undefined` once it is complete. @type {string | undefined} */
	#head = "";
	/** How much of the body has come. */
	#offset = 0;
	/** The piece of the body that is coming. */
	#piece = 0;
	/**
	 * What comes next. RFC 9112, 7.1: "chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF". Nobody here
	 * sends extensions.
	 * @type {"first digit" | "digit" | "size LF" | "data" | "data CR" | "data LF"}
	 */
	#next = "first digit";
	/** The size of the chunk as far as it is known, then the rest of its data. */
	#chunkBytes = 0;

	/** Takes out the ids that are not known before. @type {OwnIds | undefined} */
	#ownIds;
	/** Whether the body is in chunks; else it continues to the end of the connection. */
	#chunked;

	/**
	 * @param {ExpectedBody} expected @param {(piece: number) => void} onPiece called with each piece that has come whole
	 * @param {{ readonly framing?: "chunked" | "none", readonly ownIds?: boolean }} [wire]
	 */
	constructor(expected, onPiece, { framing = "chunked", ownIds = false } = {}) {
		if (ownIds) this.#ownIds = new OwnIds();
		this.#chunked = framing === "chunked";
		if (!this.#chunked) {
			this.#next = "data";
			this.#chunkBytes = Number.POSITIVE_INFINITY;
		}
		this.#expected = expected;
		this.#onPiece = onPiece;
	}

	/** How many pieces have come whole. */
	get pieces() {
		return this.#piece;
	}

	/**
	 * The next `length` bytes of the response, at the start of a buffer that may be used again afterwards.
	 * @param {Buffer} buffer @param {number} length @throws at the first difference, with both sides
	 */
	receive(buffer, length) {
		let at = this.#head === undefined ? 0 : this.#receiveHead(buffer, length);
		while (at < length) {
			if (this.#next === "data") {
				const end = Math.min(at + this.#chunkBytes, length);
				this.#receiveBody(buffer, at, end);
				this.#chunkBytes -= end - at;
				if (this.#chunkBytes === 0) this.#next = "data CR";
				at = end;
			} else this.#receiveFraming(/** @type {number} */ (buffer[at++]));
		}
	}

	/** @param {Buffer} buffer @param {number} length @returns {number} where the body starts */
	#receiveHead(buffer, length) {
		const before = this.#head?.length ?? 0;
		const head = this.#head + buffer.toString("latin1", 0, length);
		const end = head.indexOf("\r\n\r\n");
		if (end === -1) {
			if (head.length > MAX_HEAD_BYTES) throw new Error("the response's head has no end");
			this.#head = head;
			return length;
		}
		const [status = "", ...fields] = head.slice(0, end).toLowerCase().split("\r\n");
		const wanted = ["content-type: text/event-stream"];
		if (this.#chunked) wanted.push("transfer-encoding: chunked");
		if (
			!status.startsWith("http/1.1 200 ") ||
			!wanted.every((start) => fields.some((field) => field.startsWith(start)))
		) {
			throw new Error(`this is no event stream as expected: ${JSON.stringify(head.slice(0, end))}`);
		}
		this.#head = undefined;
		return end + 4 - before;
	}

	/** @param {number} byte */
	#receiveFraming(byte) {
		const digit = hexDigit(byte);
		switch (this.#next) {
			case "first digit":
				if (digit === -1) break;
				this.#chunkBytes = digit;
				this.#next = "digit";
				return;
			case "digit":
				if (byte === CR) {
					this.#next = "size LF";
					return;
				}
				if (digit === -1 || this.#chunkBytes > MAX_CHUNK_BYTES) break;
				this.#chunkBytes = this.#chunkBytes * 16 + digit;
				return;
			case "size LF":
				if (byte !== LF) break;
				if (this.#chunkBytes === 0) throw new Error(`the stream was ended ${this.#where()}`);
				this.#next = "data";
				return;
			case "data CR":
				if (byte !== CR) break;
				this.#next = "data LF";
				return;
			case "data LF":
				if (byte !== LF) break;
				this.#next = "first digit";
				return;
		}
		const character = JSON.stringify(String.fromCharCode(byte));
		throw new Error(`no HTTP/1.1 chunk ${this.#where()}: ${character} as ${this.#next}`);
	}

	/** @param {Buffer} buffer @param {number} start @param {number} receivedEnd */
	#receiveBody(buffer, start, receivedEnd) {
		const { bytes, ends } = this.#expected;
		const body = buffer.subarray(start, receivedEnd);
		const end = start + (this.#ownIds?.remove(body, body.length) ?? body.length);
		const offset = this.#offset + end - start;
		if (offset > bytes.length || buffer.compare(bytes, this.#offset, offset, start, end) !== 0) {
			const received = JSON.stringify(buffer.toString("utf8", start, end));
			const expected = JSON.stringify(bytes.toString("utf8", this.#offset, offset));
			throw new Error(`wrong bytes ${this.#where()}: received ${received}, expected ${expected}`);
		}
		this.#offset = offset;
		while (offset >= (ends[this.#piece] ?? Number.POSITIVE_INFINITY)) this.#onPiece(this.#piece++);
	}

	#where() {
		return this.#piece === 0 ? "in the opening" : `after ${this.#piece - 1} whole events`;
	}
}

/** @param {number} byte @returns {number} -1 when it is none */
function hexDigit(byte) {
	if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
	const letter = byte | 0x20;
	return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}

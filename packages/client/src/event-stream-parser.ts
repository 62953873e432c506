/**
 * The parser of event streams: HTML, section 9.2.6, "Interpreting an event stream". It is a quarter of the size of the popular
 * parser, half of which would stay unused here.
 */
import { StreamError } from "./stream-error.js";

/** What the parser reports to, in the order of the stream. */
export interface ParserHost {
	/** Called when the last event ID has changed, even by a block without data. Precedes the block's event. */
	onId(id: string): void;
	onEvent(type: string, data: string): void;
	onRetry(ms: number): void;
	onComment(text: string): void;
}

export class EventStreamParser {
	readonly #host: ParserHost;
	readonly #maxLength: number;
	/** Pieces of an incomplete line. Joined once, so that a long line in small pieces stays cheap. */
	#pieces: string[] = [];
	/** The length of the incomplete event's `data` lines and of the incomplete line, in characters. */
	#length = 0;
	#endedInCR = false;
	#data: string | undefined;
	#type = "";
	#id: string | undefined;

	constructor(host: ParserHost, maxLength: number) {
		this.#host = host;
		this.#maxLength = maxLength;
	}

	/**
	 * @param text the next part of the stream, without its byte order mark
	 * @throws `ERR_SSE_TOO_LONG`; the parser is unusable afterwards
	 */
	feed(text: string): void {
		if (text === "") return;
		// A line may end in CR, LF or both. The last part may have ended in a CR whose LF begins this part.
		let rest = this.#endedInCR && text[0] === "\n" ? text.slice(1) : text;
		this.#endedInCR = text.endsWith("\r");
		if (rest.includes("\r")) rest = rest.replace(/\r\n?/g, "\n");
		let start = 0;
		for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n", start)) {
			this.#onLine(this.#join(rest.slice(start, end)));
			start = end + 1;
		}
		if (start === rest.length) return;
		this.#pieces.push(rest.slice(start));
		this.#grow(rest.length - start);
	}

	#join(last: string): string {
		if (this.#pieces.length === 0) return last;
		const pieces = this.#pieces.join("");
		this.#pieces = [];
		this.#length -= pieces.length;
		return pieces + last;
	}

	#onLine(line: string): void {
		if (line === "") {
			this.#dispatch();
			return;
		}
		// Lines count in whole, so that it makes no difference in which pieces they arrive.
		this.#grow(line.length);
		const colon = line.indexOf(":");
		const field = colon < 0 ? line : line.slice(0, colon);
		const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
		if (field === "data") {
			this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
			return;
		}
		this.#length -= line.length;
		if (field === "event") this.#type = value;
		else if (field === "id" && !value.includes("\0")) this.#id = value;
		else if (field === "retry" && /^\d+$/.test(value)) this.#host.onRetry(Number(value));
		// A comment is a field without a name. Other fields are ignored.
		else if (colon === 0) this.#host.onComment(value);
	}

	#dispatch(): void {
		const data = this.#data;
		const type = this.#type;
		const id = this.#id;
		this.#data = this.#id = undefined;
		this.#type = "";
		this.#length = 0;
		if (id !== undefined) this.#host.onId(id);
		if (data !== undefined) this.#host.onEvent(type === "" ? "message" : type, data);
	}

	#grow(length: number): void {
		this.#length += length;
		if (this.#length <= this.#maxLength) return;
		const message = `An event is longer than ${this.#maxLength} characters`;
		throw new StreamError("ERR_SSE_TOO_LONG", message);
	}
}

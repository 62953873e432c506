/**
 * The wire format: an event as the text of one block of an event stream. Everything that can reach
 * a field passes through here, and nothing that could end a field early gets out.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
import { invalid, type SSEErrorCode } from "../checks/errors.js";
import { isTime, TIME_RULE } from "../checks/time.js";

/**
 * How a comment, or a `retry` on its own, ends. Both parse alike by the specification; clients differ:
 * - `"line"`: no blank line follows. Silent in every client tried.
 * - `"block"`: a blank line follows. Three clients (`@microsoft/fetch-event-source`, `extended-eventsource`,
 *   `fetch-event-stream`) then fire an empty message; but a reader that splits the stream at blank lines and
 *   looks for `data:` first needs it, and some know the opening `retry` only from then on.
 */
export type CommentForm = "line" | "block";

/** The fields of one event, already valid, under their names on the wire. */
export interface EventFields {
	readonly data: string;
	readonly event?: string | undefined;
	readonly id?: string | undefined;
	readonly retry?: number | undefined;
}

// "Lines must be separated by either a U+000D CARRIAGE RETURN U+000A LINE FEED (CRLF) character pair, a single
// U+000A LINE FEED (LF) character, or a single U+000D CARRIAGE RETURN (CR) character."
const LINE_END = /\r\n|\r|\n/;

/** One event as a block of the stream, blank line included. Only LF is ever emitted. */
export function encodeEvent({ data, event, id, retry }: EventFields): string {
	let block = "";
	// An empty type means the default type. It is left out, because not every client knows that.
	if (event !== undefined && event !== "") block += `event: ${event}\n`;
	if (id !== undefined) block += `id: ${id}\n`;
	if (retry !== undefined) block += `retry: ${retry}\n`;
	// The space is always there: the parser removes one, so a leading space of the data survives.
	// `data: ` without a value still dispatches an event, whose data is the empty string.
	return `${block}data: ${hasLineEnd(data) ? data.split(LINE_END).join("\ndata: ") : data}\n\n`;
}

/** Most data is JSON, and has none: two searches cost a fraction of a split. */
function hasLineEnd(text: string): boolean {
	return text.includes("\n") || text.includes("\r");
}

/** Encodes a line that is not an event: a comment, or a `retry` field on its own. It must not contain a line end. */
export function encodeLine(line: string, form: CommentForm): string {
	return form === "block" ? `${line}\n\n` : `${line}\n`;
}

/**
 * Serializes a message as the text of `data`: a string as it is, anything else as JSON.
 *
 * Refuses what JSON cannot represent (`undefined`, a function, a symbol, a BigInt, a cycle, a `toJSON` that throws), and a
 * promise, because its `await` was forgotten. A lone surrogate in a string becomes U+FFFD in UTF-8, as in every encoder of
 * the web platform; inside JSON it survives as an escape.
 *
 * @throws `ERR_SSE_INVALID_DATA`, with the reason as its `cause`; with status 400 for what a request can carry: nothing
 * (`undefined`), or JSON too deep to be written
 */
export function serializeData(message: unknown): string {
	if (typeof message === "string") return message;
	let text: string | undefined;
	let cause: unknown;
	try {
		// JSON.stringify would turn a promise or a stream into {}.
		if (!isPending(message)) text = JSON.stringify(message);
	} catch (thrown) {
		cause = thrown;
	}
	if (text !== undefined) return text;
	const rule =
		"The data must be a string or a value that JSON can represent (await a promise; pipe a stream)";
	const statusCode = message === undefined || cause instanceof RangeError ? 400 : undefined;
	throw invalid("ERR_SSE_INVALID_DATA", rule, message, { statusCode, cause });
}

/** Whether the data is still to come: a promise, or a stream without a JSON form of its own. */
function isPending(message: unknown): boolean {
	const { then, toJSON, [Symbol.asyncIterator]: iterate } = (message ?? {}) as Pending;
	return typeof then === "function" || (typeof iterate === "function" && toJSON === undefined);
}

interface Pending {
	readonly then?: unknown;
	readonly toJSON?: unknown;
	readonly [Symbol.asyncIterator]?: unknown;
}

/**
 * Checks an event type: `undefined` for none, or a string without CR or LF, well-formed, at most `maxLength` UTF-16 units.
 * The empty string is allowed and means the default type, `message`.
 *
 * @throws `ERR_SSE_INVALID_EVENT`
 */
export function checkEventType(event: unknown, maxLength: number): string | undefined {
	return checkField(
		event,
		maxLength,
		/[\r\n]/,
		"CR or LF",
		"The event type",
		"ERR_SSE_INVALID_EVENT",
	);
}

/**
 * Checks an event id and returns it as text: `undefined` for none, or a string without CR, LF or NUL ("if the field value does
 * not contain U+0000 NULL, then set the last event ID buffer"), well-formed, or a finite number. `0` and `""` are ids;
 * the empty one resets the client's last event ID. Its length has a limit because the client sends
 * it back in a request header.
 *
 * @throws `ERR_SSE_INVALID_ID`
 */
export function checkId(id: unknown, maxLength: number): string | undefined {
	if (Number.isFinite(id)) return String(id);
	return checkField(
		id,
		maxLength,
		/[\r\n\0]/,
		"CR, LF or NUL",
		"The event id",
		"ERR_SSE_INVALID_ID",
	);
}

/**
 * Checks a reconnection time: `undefined` for none, or an integer of milliseconds from 0 to 2,147,483,647 ("if the field
 * value consists of only ASCII digits").
 *
 * @throws `ERR_SSE_INVALID_RETRY`
 */
export function checkRetry(retry: unknown): number | undefined {
	if (retry === undefined || isTime(retry)) return retry;
	throw invalid("ERR_SSE_INVALID_RETRY", `The reconnection time must be ${TIME_RULE}`, retry);
}

function checkField(
	value: unknown,
	maxLength: number,
	forbidden: RegExp,
	forbiddenName: string,
	what: string,
	code: SSEErrorCode,
): string | undefined {
	if (value === undefined) return value;
	let rule = "must be a string";
	if (typeof value === "string") {
		if (value.length > maxLength)
			rule = `must have at most ${maxLength} characters, not ${value.length}`;
		else if (forbidden.test(value)) rule = `must not contain ${forbiddenName}`;
		else if (!value.isWellFormed()) rule = "must not contain a lone surrogate";
		else return value;
	}
	throw invalid(code, `${what} ${rule}`, value);
}

/**
 * The events these tests send, what has to arrive of them, and generators of hostile ones.
 */
import fc from "fast-check";
import type { SSEMessage } from "../../src/index.js";
import type { DispatchedEvent } from "./specification.js";

/** What the clients of one connection have to be given for these events. */
export function arrivalOf(events: readonly SSEMessage[]): DispatchedEvent[] {
	let lastEventId = "";
	return events.map(({ data, event, id }) => {
		if (id !== undefined) lastEventId = String(id);
		return { type: event || "message", data: textOf(data), lastEventId };
	});
}

/** A message as text: line ends of a string are normalized to LF, and what UTF-8 cannot say is U+FFFD. */
export function textOf(message: unknown): string {
	if (typeof message !== "string") return JSON.stringify(message);
	return message.replace(/\r\n?/g, "\n").toWellFormed();
}

/** What a field, a line or an event could be ended or begun with, and what a decoder could trip over. */
const TOKENS: readonly string[] = [
	..."\n \r \r\n \n\n \r\r \r\n\r\n \n\r".split(" "),
	..."data: data:x event: id: retry: retry:1 : :: data event id retry".split(" "),
	"\ndata: injected",
	"\rdata: injected",
	"\n\ndata: injected\n\n",
	"\r\rdata: injected\r\r",
	"\nid: injected\nevent: injected\nretry: 1\n",
	"\n: comment",
	" ",
	"  ",
	"\t",
	"\0",
	"\u{feff}",
	"\u{fffd}",
	// Line ends elsewhere, and in JavaScript's own grammar; not here.
	"\u{2028}",
	"\u{2029}",
	"\u{85}",
	"\v",
	"\f",
	"\x1c",
	"\u{a0}",
	// Characters of two, three and four bytes in UTF-8, and some that it cannot encode.
	"é",
	"日本",
	"😀",
	"\ud83d",
	"\ude00",
	"\ud800",
	"\udfff",
	// Replacement patterns, should anything go through `replace`.
	"$&",
	"$1",
	"$'",
	"{}",
	'"',
	"\\n",
	"0",
	"[DONE]",
];

const token = fc.constantFrom(...TOKENS);

/** A string that would break an event stream if it got into it as it is. */
export const hostileString: fc.Arbitrary<string> = fc.oneof(
	{ weight: 6, arbitrary: fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join("")) },
	{ weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 24 }) },
	{
		weight: 1,
		arbitrary: fc
			.tuple(token, fc.integer({ min: 1, max: 200 }))
			.map(([part, count]) => part.repeat(count)),
	},
);

/** As long as a field may be by default, and without characters that every field refuses. */
const fieldString = hostileString.map((text) =>
	text
		.slice(0, 250)
		.replace(/[\r\n]/g, "")
		.toWellFormed(),
);

const eventType: fc.Arbitrary<string> = fieldString;

const eventId: fc.Arbitrary<string | number> = fc.oneof(
	{ weight: 4, arbitrary: fieldString.map(withoutControls) },
	{
		weight: 1,
		arbitrary: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
	},
	{ weight: 1, arbitrary: fc.constantFrom("", 0, "0", "007", "1e3", "NaN") },
);

const retry = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 31 - 1 }));

/** Anything that can be sent: strings above all, for they go out as they are. */
const message: fc.Arbitrary<unknown> = fc.oneof(
	{ weight: 4, arbitrary: hostileString },
	{ weight: 1, arbitrary: fc.jsonValue({ stringUnit: "binary", maxDepth: 2 }) },
	{ weight: 1, arbitrary: fc.dictionary(hostileString, hostileString, { maxKeys: 3 }) },
);

/** An event that is sent as it is, however it looks. */
export const hostileEvent: fc.Arbitrary<SSEMessage> = fc.record(
	{ data: message, event: eventType, id: eventId, retry },
	{ requiredKeys: ["data"] },
);

const undisputedString = hostileString.map((text) => `x${text.replace(/\r\n|\r|\n/g, "$&x")}`);
const undisputedField = fieldString.map((text) => `x${text}`);

/** An event that no parser is known to misread: its lines and fields are not empty and begin with a letter. */
export const undisputedEvent: fc.Arbitrary<SSEMessage> = fc.record(
	{
		data: undisputedString,
		event: undisputedField,
		id: undisputedField.map(withoutControls),
		retry,
	},
	{ requiredKeys: ["data"] },
);

/** A header could not bring control characters back. */
function withoutControls(text: string): string {
	return text.replace(/\p{Cc}/gu, "");
}

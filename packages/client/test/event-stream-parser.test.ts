/**
 * The parser, against the popular one on arbitrary streams in arbitrary pieces, and against the format tests of the web
 * platform (web-platform-tests, eventsource/format-*).
 */
import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventStreamParser } from "../src/event-stream-parser.js";
import type { StreamError } from "../src/stream-error.js";

const TOO_LONG = ["error", "ERR_SSE_TOO_LONG"];

type Report = readonly [kind: string, ...values: unknown[]];

function parse(pieces: readonly string[], maxLength = 1e6): Report[] {
	const reports: Report[] = [];
	const parser = new EventStreamParser(
		{
			onId: (id) => reports.push(["id", id]),
			onEvent: (type, data) => reports.push(["event", type, data]),
			onRetry: (ms) => reports.push(["retry", ms]),
			onComment: (text) => reports.push(["comment", text]),
		},
		maxLength,
	);
	try {
		for (const piece of pieces) parser.feed(piece);
	} catch (error) {
		reports.push(["error", (error as StreamError).code]);
	}
	return reports;
}

function parseByPeer(text: string): Report[] {
	const reports: Report[] = [];
	const parser = createParser({
		onId: (id) => reports.push(["id", id]),
		onEvent: ({ event = "message", data }) => reports.push(["event", event, data]),
		onRetry: (ms) => reports.push(["retry", ms]),
		onComment: (text) => reports.push(["comment", text]),
	});
	parser.feed(text);
	return reports;
}

const TOKENS = [
	"data",
	"event",
	"id",
	"retry",
	":",
	" ",
	"\n",
	"\r",
	"\r\n",
	"\n\n",
	"\0",
	"12",
	"x",
	"é",
	"data: a\n",
	"event: tick\n",
	"id: 7\n",
	"retry: 5\n",
	": comment\n",
];

/** Cut at each of the places, which may be anywhere. */
function cut(text: string, places: readonly number[]): string[] {
	const ends = [...places.map((place) => place % (text.length + 1)), text.length].sort(
		(a, b) => a - b,
	);
	return ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
}

describe("the parser", () => {
	it("reads arbitrary streams as eventsource-parser does, in whatever pieces they come", () => {
		fc.assert(
			fc.property(
				fc.array(fc.constantFrom(...TOKENS), { maxLength: 60 }),
				fc.array(fc.nat(), { maxLength: 8 }),
				(tokens, places) => {
					// A blank line, so that the peer, which may keep a last CR back, has seen all.
					const text = `${tokens.join("")}\n\n.\n`;
					expect(parse(cut(text, places))).toEqual(parseByPeer(text));
				},
			),
			{ numRuns: 3_000 },
		);
	});

	it.each<[name: string, text: string, data: readonly string[]]>([
		["field-data", "data:\n\ndata\ndata\n\ndata:test\n\n", ["", "\n", "test"]],
		[
			"field-parsing",
			"data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n",
			["\0\n 2\n1\n3\n\n4"],
		],
		[
			"field-unknown",
			"data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n",
			["test\n\ntest"],
		],
		["leading-space", "data:\ttest\rdata: \ndata:test\n\n", ["\ttest\n\ntest"]],
		["newlines", "data:test\r\ndata\ndata:test\r\n\r", ["test\n\ntest"]],
		["data-before-final-empty-line", "retry:1000\ndata:test1\n\nid:test\ndata:test2", ["test1"]],
		[
			"comments",
			`data:1\r:\0\n:\r\ndata:2\n:${"x".repeat(2_048)}\rdata:3\n:data:fail\r:${"x".repeat(2_048)}\ndata:4\n\n`,
			["1\n2\n3\n4"],
		],
	])("web platform: format %s", (_name, text, data) => {
		const events = parse([text]).filter(([kind]) => kind === "event");
		expect(events.map(([, , value]) => value)).toEqual(data);
	});

	it("says that an event is too long before it has ended, however small its pieces", () => {
		expect(parse(Array.from("data: 12345678901"), 16)).toContainEqual(TOO_LONG);
		expect(parse(["data: 12345\n", "data: 12345\n", "data: 123456\n"], 15)).toContainEqual(
			TOO_LONG,
		);
	});

	// Cause: a line that arrived in pieces counted with the name of its field, and a line that arrived whole without it.
	it.each([
		["data: 12345678\n\n", 14, ["event", "message", "12345678"]],
		["data: 12345678\n\n", 13, TOO_LONG],
		["data: 12\ndata: 34\n\n", 16, ["event", "message", "12\n34"]],
		["data: 12\ndata: 34\n\n", 15, TOO_LONG],
		[": 1234567890\n", 12, ["comment", "1234567890"]],
		[": 1234567890\n", 11, TOO_LONG],
	])("judges %j with a limit of %d alike, whole and in pieces", (text, maxLength, result) => {
		expect(parse([text], maxLength)).toContainEqual(result);
		expect(parse(Array.from(text), maxLength)).toContainEqual(result);
	});

	it("counts each event for itself", () => {
		expect(parse(Array.from("data: 1234567890\n\ndata: 1234567890\n\n"), 17)).toEqual([
			["event", "message", "1234567890"],
			["event", "message", "1234567890"],
		]);
	});
});

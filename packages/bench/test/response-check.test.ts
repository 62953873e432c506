import { describe, expect, test } from "vitest";
import { createEvent, encodeBlock } from "../src/event.js";
import { ExpectedBody } from "../src/expected-body.js";
import { OwnIds } from "../src/own-ids.js";
import { ResponseCheck } from "../src/response-check.js";

const HEAD =
	"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const OPENING = ": open\n";
const [first = "", second = "", third = ""] = [0, 1, 2].map((index) =>
	encodeBlock(createEvent(index, 128), ": "),
);
const expected = new ExpectedBody([OPENING, first, second, third]);

/** How many pieces a check of these chunks finds, when they come in reads of `readBytes`. */
function check(chunks: readonly string[], { head = HEAD, readBytes = 65_536 } = {}): number {
	const framed = chunks.map((data) => `${data.length.toString(16)}\r\n${data}\r\n`);
	const bytes = Buffer.from(head + framed.join(""));
	const arrived: number[] = [];
	const subject = new ResponseCheck(expected, (piece) => arrived.push(piece));
	for (let at = 0; at < bytes.length; at += readBytes) {
		const read = bytes.subarray(at, at + readBytes);
		subject.receive(read, read.length);
	}
	expect(arrived).toEqual(Array.from({ length: subject.pieces }, (_, piece) => piece));
	return subject.pieces;
}

test("an event has the size it was asked for, and no two are alike", () => {
	expect(first).toHaveLength(128);
	expect(second).toHaveLength(128);
	expect(second).not.toBe(first);
});

describe("what was sent is recognized", () => {
	test.each([1, 2, 3, 7, 64, 131, 65_536])("in reads of %i bytes", (readBytes) => {
		expect(check([OPENING, first, second, third], { readBytes })).toBe(4);
	});

	test("with several events in one chunk, and an event in several", () => {
		expect(check([OPENING + first + second.slice(0, 9), second.slice(9), third])).toBe(4);
	});

	test("as far as it has come", () => {
		expect(check([OPENING, first, second.slice(0, -1)])).toBe(2);
	});
});

describe("what was not sent is refused", () => {
	test.each([
		["a lost event", [OPENING, first, third]],
		["two events in the wrong order", [OPENING, second, first]],
		["an event that came twice", [OPENING, first, first]],
		["an event more than were sent", [OPENING, first, second, third, third]],
		["a changed byte", [OPENING, first.replace("tick", "tock")]],
		["a byte too many", [OPENING, `${first}\n`, second]],
		["another opening", ["retry:2000\n\n"]],
		["the end of the stream", [OPENING, first, ""]],
	])("%s", (_, chunks) => {
		expect(() => check(chunks)).toThrow(/wrong bytes|the stream was ended/);
	});

	test("a response that is no event stream", () => {
		const head = "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n";
		expect(() => check([OPENING], { head })).toThrow("no event stream as expected");
	});

	test("a chunk whose size is not told right", () => {
		const subject = new ResponseCheck(expected, () => {});
		const bytes = Buffer.from(`${HEAD}6\r\n${OPENING}\r\n`);
		expect(() => subject.receive(bytes, bytes.length)).toThrow(
			'no HTTP/1.1 chunk in the opening: "\\n" as data CR',
		);
	});
});

test("a body without framing is compared as it is", () => {
	const arrived: number[] = [];
	const subject = new ResponseCheck(expected, (piece) => arrived.push(piece), {
		framing: "none",
	});
	const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
	const bytes = Buffer.from(head + OPENING + first);
	subject.receive(bytes, bytes.length);
	expect(arrived).toEqual([0, 1]);
});

test.each([1, 3, 64])("ids that a server made are taken out, in reads of %i bytes", (readBytes) => {
	const ids = new OwnIds();
	const bytes = Buffer.from("event: tick\nid: 1795561109:12\ndata: \\nid: 3\n\nid: 1x\n");
	let rest = "";
	for (let at = 0; at < bytes.length; at += readBytes) {
		const read = Buffer.from(bytes.subarray(at, at + readBytes));
		rest += read.toString("utf8", 0, ids.remove(read, read.length));
	}
	expect(rest).toBe("event: tick\nid: \ndata: \\nid: 3\n\nid: \n");
});

test("ids that a server made are taken out of a body in chunks", () => {
	const subject = new ResponseCheck(expected, () => {}, { ownIds: true });
	const chunk = first.replace(/^id: .*$/m, "id: v1.a.1.b");
	const body = new ExpectedBody([OPENING, first.replace(/^id: .*$/m, "id: ")]);
	const checked = new ResponseCheck(body, () => {}, { ownIds: true });
	const framed = [OPENING, chunk].map((data) => `${data.length.toString(16)}\r\n${data}\r\n`);
	const bytes = Buffer.from(HEAD + framed.join(""));
	checked.receive(Buffer.from(bytes), bytes.length);
	expect(checked.pieces).toBe(2);
	expect(() => subject.receive(bytes, bytes.length)).toThrow("wrong bytes");
});

import { Readable } from "node:stream";
import { eventually, sizeOf } from "@sse-service/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SendOptions, SSEMessage } from "../../src/index.js";
import { eventsource, type ToldEvent } from "./clients.js";
import { type Live, startLive } from "./live.js";

let live: Live;
beforeAll(async () => {
	live = await startLive();
});
afterAll(() => live.close());

describe("a string", () => {
	test.each([
		["CRLF", "a\r\nb", "a\nb"],
		["LF", "a\nb", "a\nb"],
		["CR", "a\rb", "a\nb"],
		["all of them, mixed", "a\r\n\r\n\n\r\rb\n\rc", "a\n\n\n\n\nb\n\nc"],
		["one at the end", "a\n", "a\n"],
		["several at the end", "a\r\n\r", "a\n\n"],
		["one at the beginning", "\ra", "\na"],
		["nothing but one", "\r\n", "\n"],
		["nothing but several", "\n\r\r\n", "\n\n\n"],
	])("with line ends (%s) arrives with each of them as LF", async (_what, sent, arrived) => {
		const { data } = await roundTrip(sent);
		expect(data).toBe(arrived);
	});

	test.each(["\u{2028}", "\u{2029}", "\u{85}", "\v", "\f", "\x1c", "\x1e"])(
		"with %j, which is a line end elsewhere, is one line here and arrives unchanged",
		async (character) => {
			const { data, wire } = await roundTrip(`a${character}b${character}`);
			expect(data).toBe(`a${character}b${character}`);
			expect(wire).toBe(`data: a${character}b${character}\n\n`);
		},
	);

	test("keeps the spaces each of its lines begins and ends with", async () => {
		const { data } = await roundTrip(" one\n  two \n\t three\n \n");
		expect(data).toBe(" one\n  two \n\t three\n \n");
	});

	test("that is empty is an event whose data is empty", async () => {
		const { data, wire, told } = await roundTrip("");
		expect(data).toBe("");
		expect(told.data).toBe("");
		expect(wire).toBe("data: \n\n");
	});

	test("keeps a byte order mark wherever it is, also in the first event of the stream", async () => {
		const text = "\u{feff}a\u{feff}\n\u{feff}";
		const { data, told } = await roundTrip(text);
		expect(data).toBe(text);
		expect(told.data).toBe(text);
	});

	test("keeps NUL and other control characters", async () => {
		const text = "\0a\0\x01\x1f\x7f\0";
		const { data, told } = await roundTrip(text);
		expect(data).toBe(text);
		expect(told.data).toBe(text);
	});

	test("arrives with U+FFFD for each lone surrogate, and with every pair as it is", async () => {
		const { data } = await roundTrip("\ud83d😀\ude00\ude00\ud83d\n\ud83d");
		expect(data).toBe("\u{fffd}😀\u{fffd}\u{fffd}\u{fffd}\n\u{fffd}");
	});

	test("that looks like JSON is not encoded as JSON again", async () => {
		const { data } = await roundTrip('{"a":"\\n"}');
		expect(data).toBe('{"a":"\\n"}');
	});

	test("that looks like fields is the data of one event, which has no type and no id", async () => {
		const { told } = await roundTrip("event: x\nid: 1\nretry: 1\n\n: comment\n\ndata: x");
		expect(told).toEqual({
			type: "message",
			data: "event: x\nid: 1\nretry: 1\n\n: comment\n\ndata: x",
			lastEventId: "",
		});
	});
});

const SIZE = sizeOf({ usual: 1_000_000, long: 10_000_000 });

describe(`${SIZE / 1_000_000} MB of data`, () => {
	const LINE = "0123456789abcde";

	test.each([
		["in one line", () => "x".repeat(SIZE)],
		[`in ${SIZE / 16} lines`, () => `${LINE}\n`.repeat(SIZE / 16)],
		["of nothing but line ends", () => "\n".repeat(SIZE)],
		["of four-byte characters", () => "😀".repeat(SIZE / 4)],
	])("%s arrives whole at eventsource-parser", async (_what, make) => {
		const text = make();
		const { connection, stream } = await live.open();
		expect(connection.send(text)).toBe(1);
		const [event] = await stream.take(1);
		// Not `toBe`: its message would print both.
		expect(event?.data === text).toBe(true);
		connection.close();
	});

	test("with CRLF at the end of each line arrives whole, with LF, at eventsource", async () => {
		const told: ToldEvent[] = [];
		const close = eventsource.open(live.url, (event) => told.push(event));
		const connection = await live.next();
		expect(connection.send(`${LINE}\r\n`.repeat(SIZE / 17))).toBe(1);
		await eventually(() => told.length > 0, "all of it");
		close();
		expect(told[0]?.data === `${LINE}\n`.repeat(SIZE / 17)).toBe(true);
	});

	test("as JSON arrives whole", async () => {
		const value = {
			text: "é\n\0".repeat(SIZE / 4),
			list: Array.from({ length: 100_000 }, (_, index) => index),
		};
		const { connection, stream } = await live.open();
		connection.send(value);
		const [event] = await stream.take(1);
		expect(event?.data === JSON.stringify(value)).toBe(true);
		connection.close();
	});
});

describe("a message that is not a string goes out as JSON", () => {
	class Price {
		constructor(readonly cents: number) {}
		toJSON() {
			return `${this.cents / 100} €`;
		}
	}

	test.each<[unknown, string]>([
		[null, "null"],
		[true, "true"],
		[false, "false"],
		[0, "0"],
		[-0, "0"],
		[1.5, "1.5"],
		[1e21, "1e+21"],
		[Number.NaN, "null"],
		[Number.POSITIVE_INFINITY, "null"],
		[[], "[]"],
		[[undefined, () => {}, Symbol("x")], "[null,null,null]"],
		[["a\nb", 1, null], '["a\\nb",1,null]'],
		[{}, "{}"],
		[{ a: undefined, b: () => {}, c: 1 }, '{"c":1}'],
		[{ "\n": "\r\n" }, '{"\\n":"\\r\\n"}'],
		[new Date(0), '"1970-01-01T00:00:00.000Z"'],
		[new Date(Number.NaN), "null"],
		[new Price(250), '"2.5 €"'],
		[{ toJSON: () => null }, "null"],
		[new String("a\nb"), '"a\\nb"'],
		[new Map([[1, 2]]), "{}"],
		[new Uint8Array([1, 2]), '{"0":1,"1":2}'],
		[Object.create(null), "{}"],
		[JSON.parse('{"__proto__":"x"}'), '{"__proto__":"x"}'],
		["\u{2028}", "\u{2028}"],
	])("%j is %s", async (message, text) => {
		const { data, wire } = await roundTrip(message);
		expect(data).toBe(text);
		expect(wire).toBe(`data: ${text}\n\n`);
	});

	test("of a stream that has a JSON form is that form", async () => {
		const job = { async *[Symbol.asyncIterator]() {}, toJSON: () => ({ done: 3 }) };
		expect((await roundTrip(job)).data).toBe('{"done":3}');
	});

	test("in which a lone surrogate survives as an escape", async () => {
		const message = { text: "\ud83d", "\ude00": ["\udfff\ud800"] };
		const { data } = await roundTrip(message);
		expect(JSON.parse(data)).toEqual(message);
	});
});

describe("a message that JSON cannot represent is refused with ERR_SSE_INVALID_DATA, and nothing is sent:", () => {
	const cycle: { self?: unknown } = {};
	cycle.self = cycle;
	const thrown = new RangeError("no\ntoday");
	const silent = Object.assign(new Error("x"), { message: 7 });

	test.each<[string, unknown, cause: unknown]>([
		["undefined", undefined, undefined],
		["a function", () => "x", undefined],
		["a symbol", Symbol("x"), undefined],
		["a promise", Promise.resolve("x"), undefined],
		["a stream of the web", new ReadableStream(), undefined],
		["a stream of Node", Readable.from(["x"]), undefined],
		["an async generator", (async function* () {})(), undefined],
		["a toJSON that returns undefined", { toJSON: () => undefined }, undefined],
		["a BigInt", 1n, expect.any(TypeError)],
		["a BigInt inside", { a: [1n] }, expect.any(TypeError)],
		["a cycle", cycle, expect.any(TypeError)],
		[
			"a toJSON that throws",
			{
				toJSON: () => {
					throw thrown;
				},
			},
			thrown,
		],
		[
			"a getter that throws",
			{
				get a() {
					throw thrown;
				},
			},
			thrown,
		],
		[
			"a toJSON that throws what is no error",
			{
				toJSON: () => {
					// biome-ignore lint/style/useThrowOnlyError: JavaScript lets anything be thrown.
					throw "no";
				},
			},
			"no",
		],
		[
			"a toJSON that throws an error whose message is no text",
			{
				toJSON: () => {
					throw silent;
				},
			},
			silent,
		],
		["a revoked proxy", revoked(), expect.any(TypeError)],
	])("%s", async (_what, message, cause) => {
		const { connection, stream } = await live.open();
		const error = thrownBy(() => connection.send(message));
		expect(error).toMatchObject({ name: "SSEError", code: "ERR_SSE_INVALID_DATA" });
		expect(error.cause).toEqual(cause);
		// The reason is in the message too, on one line.
		expect(error.message).not.toMatch(/[\r\n]/);
		connection.send("good");
		await stream.take(1);
		expect(stream.text).toBe(": open\ndata: good\n\n");
		connection.close();
	});
});

describe("an event type", () => {
	test("that is empty is the default one", async () => {
		const { told } = await roundTrip("x", { event: "" });
		expect(told.type).toBe("message");
	});

	test.each([
		" ",
		"  two",
		"a:b",
		"data: x",
		"\0",
		"\u{feff}a",
		"日本😀",
		"\u{2028}",
		"__proto__",
		"error",
		"open",
		"x".repeat(256),
	])("%j arrives unchanged", async (event) => {
		const { told } = await roundTrip("x", { event });
		expect(told).toEqual({ type: event, data: "x", lastEventId: "" });
	});
});

describe("an id", () => {
	test.each<[string | number, string]>([
		[0, "0"],
		["0", "0"],
		[-0, "0"],
		[-1, "-1"],
		[1.5, "1.5"],
		[1e21, "1e+21"],
		[Number.MAX_SAFE_INTEGER, "9007199254740991"],
		["007", "007"],
		[" 7", " 7"],
		["a:b", "a:b"],
		["data: x", "data: x"],
		["\u{feff}a", "\u{feff}a"],
		["日本😀", "日本😀"],
		["x".repeat(1_024), "x".repeat(1_024)],
	])("%j arrives as the text %j", async (id, text) => {
		const { told } = await roundTrip("x", { id });
		expect(told.lastEventId).toBe(text);
	});

	test("of '' resets the last event ID; no id leaves it", async () => {
		const { connection, stream } = await live.open();
		for (const id of ["7", undefined, "", undefined, 0] as const) connection.send("x", { id });
		const events = await stream.take(5);
		expect(events.map(({ id }) => id)).toEqual(["7", undefined, "", undefined, "0"]);
		connection.close();
	});

	test.each([0, "0", "7", "a:b", "x".repeat(1_024)])(
		"of %j is what the client reconnects with",
		async (id) => {
			const close = eventsource.open(live.url, () => {});
			const first = await live.next();
			first.send("x", { id, retry: 0 });
			first.close();
			const second = await live.next();
			close();
			expect(second.lastEventId).toBe(String(id));
		},
	);

	test("of '' makes the client reconnect without one", async () => {
		const close = eventsource.open(live.url, () => {});
		const first = await live.next();
		first.send("x", { id: 7, retry: 0 });
		first.send("x", { id: "" });
		first.close();
		const second = await live.next();
		close();
		expect(second.lastEventId).toBeUndefined();
	});
});

describe("a reconnection time", () => {
	test.each([0, 1, 2 ** 31 - 1])("of %j arrives unchanged, with its event", async (retry) => {
		const { connection, stream } = await live.open();
		connection.send("x", { retry });
		await stream.take(1);
		expect(stream.retries).toEqual([retry]);
		expect(stream.text).toBe(`: open\nretry: ${retry}\ndata: x\n\n`);
		connection.close();
	});
});

test("the lengths of an event type and an id have limits, which options change", async () => {
	const { connection } = await live.open();
	expect(() => connection.send("x", { event: "x".repeat(257) })).toThrow(
		/at most 256 characters, not 257/,
	);
	expect(() => connection.send("x", { id: "x".repeat(1_025) })).toThrow(
		/at most 1024 characters, not 1025/,
	);
	connection.close();
});

/** Send one event to eventsource-parser and to eventsource. */
async function roundTrip(
	message: unknown,
	options: SendOptions = {},
): Promise<{
	readonly data: string;
	readonly wire: string;
	readonly told: ToldEvent;
}> {
	const { connection, stream } = await live.open();
	const told: ToldEvent[] = [];
	const onEvent = ({ type, data, lastEventId }: ToldEvent) =>
		told.push({ type, data, lastEventId });
	const close = eventsource.open(live.url, onEvent, [options.event || "message"]);
	const other = await live.next();
	const sent: SSEMessage = { ...options, data: message };
	for (const to of [connection, other]) await to.pipe([sent], { toEvent: (event) => event });
	const [event] = await stream.take(1);
	await eventually(() => told.length > 0, "the event at eventsource");
	close();
	connection.close();
	other.close();
	await stream.ended;
	const [first] = told;
	if (event === undefined || first === undefined) throw new Error("no event");
	expect(stream.events).toHaveLength(1);
	return { data: event.data, told: first, wire: stream.text.replace(": open\n", "") };
}

function thrownBy(run: () => unknown): Error {
	try {
		run();
	} catch (error) {
		return error as Error;
	}
	throw new Error("nothing was thrown");
}

function revoked(): object {
	const { proxy, revoke } = Proxy.revocable({}, {});
	revoke();
	return proxy;
}

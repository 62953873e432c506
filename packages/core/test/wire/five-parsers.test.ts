import { eventually, sizeOf, startServer, type TestServer } from "@sse-service/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SSEMessage } from "../../src/index.js";
import {
	type Client,
	eventsource,
	eventsourceClient,
	launchDarklyEventSource,
	type ToldEvent,
	undici,
} from "./clients.js";
import { arrivalOf, hostileEvent, hostileString, undisputedEvent } from "./events.js";
import { type Live, startLive } from "./live.js";
import { eventsourceParser, PARSERS, undiciParser } from "./parsers.js";
import { type DispatchedEvent, interpret } from "./specification.js";

let live: Live;
let replay: Replay;
beforeAll(async () => {
	live = await startLive();
	replay = await startReplay();
});
afterAll(async () => {
	await live.close();
	await replay.server.destroy();
});

/** How many runs of a long run correspond to one of a usual run. */
const SHARE = sizeOf({ usual: 10, long: 1 });

/** Sizes of the chunks a stream comes in, over and over: anywhere in a UTF-8 sequence, and between two line ends. */
const chunkSizes = fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 80 })), {
	minLength: 1,
	maxLength: 12,
});

describe("a stream that carries whatever an application sends", () => {
	test("means by the specification's own algorithm exactly what was sent", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(hostileEvent, { maxLength: 20 }), async (events) => {
				expect(interpret(await streamOf(events)).events).toEqual(arrivalOf(events));
			}),
			{ numRuns: 300 / SHARE },
		);
	});

	test("sets the reconnection times that were sent, and no others", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(hostileEvent, { maxLength: 20 }), async (events) => {
				const sent = events.flatMap(({ retry }) => retry ?? []);
				expect(interpret(await streamOf(events)).reconnectionTimes).toEqual(sent);
			}),
			{ numRuns: 100 / SHARE },
		);
	});

	test("ends its lines with LF only", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(hostileEvent, { maxLength: 20 }), async (events) => {
				expect((await streamOf(events)).includes("\r")).toBe(false);
			}),
			{ numRuns: 100 / SHARE },
		);
	});

	test("is parsed identically by five parsers that share no code, byte for byte unless a deviation is known", async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(undisputedEvent, { maxLength: 12 }),
				chunkSizes,
				async (events, sizes) => {
					const chunks = cut(await streamOf(events), sizes);
					const readings = await Promise.all(PARSERS.map((parser) => parser.parse(chunks)));
					expect(readings).toEqual(PARSERS.map(() => arrivalOf(events)));
				},
			),
			{ numRuns: 300 / SHARE },
		);
	});

	test.each(PARSERS.map((parser) => [parser.name, parser] as const))(
		"means the same to %s, wherever it is cut into chunks",
		async (_name, parser) => {
			const { deviation = (event) => event } = parser;
			await fc.assert(
				fc.asyncProperty(
					fc.array(hostileEvent, { maxLength: 12 }),
					chunkSizes,
					async (events, sizes) => {
						const stream = await streamOf(events);
						const expected = interpret(stream).events.flatMap((event) => deviation(event) ?? []);
						expect(await parser.parse(cut(stream, sizes))).toEqual(expected);
					},
				),
				{ numRuns: 300 / SHARE },
			);
		},
	);

	const exactClients = [eventsource, undici, eventsourceClient, launchDarklyEventSource];
	test.each(exactClients.map((client) => [client.name, client] as const))(
		"means the same to the client %s, wherever it is cut into chunks",
		async (_name, client) => {
			const { deviation = (event) => event } = client;
			await fc.assert(
				fc.asyncProperty(
					fc.array(hostileEvent, { maxLength: 60 }),
					chunkSizes,
					async (sent, sizes) => {
						const events = [...sent, LAST];
						const stream = await streamOf(events);
						const expected = interpret(stream).events.map((event, index) =>
							deviation(event, events[index] ?? LAST),
						);
						expect(await told(client, cut(stream, sizes), events)).toEqual(expected);
					},
				),
				{ numRuns: 60 / SHARE },
			);
		},
	);
});

describe("the reference", () => {
	// Lines of every kind with line ends of every kind, most of which no encoder would write.
	const line = fc.oneof(
		fc.tuple(
			fc.constantFrom("data", "id", "retry", "Data", "", "event "),
			fc.constantFrom(":", ": ", ":  "),
			hostileString,
		),
		fc.tuple(
			fc.constantFrom(
				"event: a",
				"event:b",
				"data",
				"id",
				":",
				"",
				"",
				"retry: 17",
				"retry:0",
				"retry: 1.5",
				"nothing",
			),
		),
	);
	const lines = fc.array(fc.tuple(line, fc.constantFrom("\n", "\r", "\r\n")), { maxLength: 30 });
	// The last line end may be half a CRLF to a parser that waits for more; a comment says it is not.
	const anyStream = lines.map((all) => Buffer.from(`: \n${all.flat(2).join("")}:\n`));

	test("reads any stream as undici does, except for empty event types, which undici ignores", async () => {
		const emptyEventType = /[\r\n]event(: ?)?[\r\n]/;
		const withoutEmptyEventType = anyStream.filter(
			(stream) => !emptyEventType.test(stream.toString()),
		);
		await fc.assert(
			fc.asyncProperty(withoutEmptyEventType, chunkSizes, async (stream, sizes) => {
				expect(await undiciParser.parse(cut(stream, sizes))).toEqual(interpret(stream).events);
			}),
			{ numRuns: 500 / SHARE },
		);
	});

	test("reads any stream as eventsource-parser does, except for ids without data, which it drops", async () => {
		const withoutId = ({ type, data }: DispatchedEvent) => ({ type, data });
		await fc.assert(
			fc.asyncProperty(anyStream, chunkSizes, async (stream, sizes) => {
				const found = await eventsourceParser.parse(cut(stream, sizes));
				expect(found.map(withoutId)).toEqual(interpret(stream).events.map(withoutId));
			}),
			{ numRuns: 500 / SHARE },
		);
	});

	test("reads the specification's examples as it explains them", () => {
		expect(interpret(Buffer.from("data: YHOO\ndata: +2\ndata: 10\n\n")).events).toEqual([
			{ type: "message", data: "YHOO\n+2\n10", lastEventId: "" },
		]);
		const fourBlocks =
			": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n";
		expect(interpret(Buffer.from(fourBlocks)).events).toEqual([
			{ type: "message", data: "first event", lastEventId: "1" },
			{ type: "message", data: "second event", lastEventId: "" },
			{ type: "message", data: " third event", lastEventId: "" },
		]);
		expect(
			interpret(Buffer.from("data\n\ndata\ndata\n\ndata:")).events.map(({ data }) => data),
		).toEqual(["", "\n"]);
		expect(
			interpret(Buffer.from("data:test\n\ndata: test\n\n")).events.map(({ data }) => data),
		).toEqual(["test", "test"]);
	});
});

/** The bytes that a service sends for these events. */
function streamOf(events: readonly SSEMessage[]): Promise<Buffer> {
	return live.record((connection) => {
		for (const { data, ...options } of events) connection.send(data, options as object);
	});
}

function cut(stream: Buffer, sizes: readonly number[]): Buffer[] {
	const chunks: Buffer[] = [];
	for (let at = 0, index = 0; at < stream.length; index++) {
		const end = at + (sizes[index % sizes.length] as number);
		chunks.push(stream.subarray(at, end));
		at = end;
	}
	return chunks;
}

/** Says that a client has been given everything; no token of a hostile string has its letters. */
const LAST: SSEMessage = { event: "last", data: "the last one" };

/** Everything a client tells of a stream that comes in these chunks. */
async function told(
	client: Client,
	chunks: readonly Buffer[],
	events: readonly SSEMessage[],
): Promise<ToldEvent[]> {
	const found: ToldEvent[] = [];
	const types = events.map(({ event }) => event || "message");
	const close = client.open(
		replay.urlOf(chunks),
		({ type, data, lastEventId }) => found.push({ type, data, lastEventId }),
		types,
	);
	await eventually(() => found.at(-1)?.data === LAST.data, `the last event at ${client.name}`);
	close();
	return found;
}

interface Replay {
	readonly server: TestServer;
	/** Where these chunks are served, once, each in a turn of its own. */
	urlOf(chunks: readonly Buffer[]): string;
}

async function startReplay(): Promise<Replay> {
	const streams = new Map<string, readonly Buffer[]>();
	let count = 0;
	const server = await startServer(async (req, res) => {
		const chunks = streams.get(req.url ?? "") ?? [];
		streams.delete(req.url ?? "");
		res.writeHead(200, { "Content-Type": "text/event-stream" });
		res.socket?.setNoDelay(true);
		for (const chunk of chunks) {
			res.write(chunk);
			await new Promise((resolve) => setImmediate(resolve));
		}
		// It stays open: a client that sees its end would connect again.
	});
	return {
		server,
		urlOf: (chunks) => {
			const path = `/${count++}`;
			streams.set(path, chunks);
			return server.url + path;
		},
	};
}

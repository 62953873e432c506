import { inspect } from "node:util";
import { openStream, startServer, type TestStream } from "@sse-service/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
	connectSSE,
	createSSEService,
	getDefaultService,
	type SendOptions,
	type SSEConnection,
	type SSEHeaders,
	type SSEService,
	type SSEServiceOptions,
	sendSSEToAll,
	sendSSEToClient,
	sendSSEToConnection,
	type Target,
} from "../../src/index.js";
import { type Live, QUIET, startLive } from "./live.js";

// Names are data and go where they like, but never on the wire.
const CLIENT = "client\ndata: client\n\n";
const GROUP = "group\r\rdata: group\r\r";

let live: Live;
let service: SSEService;
let connection: SSEConnection;
let stream: TestStream;
const reported: unknown[] = [];
beforeAll(async () => {
	service = getDefaultService({ ...QUIET, onError: (error) => reported.push(error) });
	live = await startLive({ service, connect: connectSSE });
	({ connection, stream } = await live.open({
		clientId: CLIENT,
		groups: ["default", GROUP],
		meta: { name: "\ndata: meta\n\n" },
	}));
	await stream.until(() => stream.text === ": open\n");
});
afterAll(() => live.close());

interface Sender {
	readonly name: string;
	/** Send one event to the one connection that is open. It throws, or its promise rejects. */
	send(data: unknown, options: Options): unknown;
}

/** What JavaScript may pass, whatever the types say. */
interface Options {
	readonly event?: unknown;
	readonly id?: unknown;
	readonly retry?: unknown;
}

/** Every function that sends, with each of its targets, and with an options object. */
const SENDERS: readonly Sender[] = [
	...(
		[
			["all", () => "all"],
			["all, except", () => ({ all: true, except: { client: "another" } })],
			["a group", () => ({ group: GROUP })],
			["a client", () => ({ client: CLIENT })],
			["a client in a group", () => ({ client: CLIENT, group: GROUP })],
			["a handle", () => ({ connection })],
			["a response", () => ({ connection: connection.response })],
		] satisfies [string, () => Target][]
	).map(([name, target]) => ({
		name: `send to ${name}`,
		send: (data: unknown, options: Options) => service.send(target(), data, options as object),
	})),
	{ name: "connection.send", send: (data, options) => connection.send(data, options as object) },
	{
		name: "pipe with options",
		send: (data, options) => connection.pipe([data], options as SendOptions),
	},
	{
		name: "pipe with toEvent",
		send: (data, options) =>
			connection.pipe([1], { toEvent: () => ({ ...(options as SendOptions), data }) }),
	},
	{
		name: "pipe of an async source with toEvent",
		send: (data, options) =>
			connection.pipe(asyncItems([data]), {
				toEvent: (item) => ({ ...(options as SendOptions), data: item }),
			}),
	},
	{
		name: "sendSSEToAll with options",
		send: (data, options) => thrown(() => sendSSEToAll(data, options as SendOptions)),
	},
	{
		name: "sendSSEToClient with options",
		send: (data, options) => thrown(() => sendSSEToClient(CLIENT, data, options as SendOptions)),
	},
	{
		name: "sendSSEToConnection with options",
		send: (data, options) =>
			thrown(() => sendSSEToConnection(connection.response, data, options as SendOptions)),
	},
];

/** The documented functions with their positions, which have no `retry`. */
const POSITIONAL: readonly Sender[] = [
	{
		name: "sendSSEToAll",
		send: (data, { event, id }) =>
			thrown(() => sendSSEToAll(data, event as string, null, id as string)),
	},
	{
		name: "sendSSEToClient",
		send: (data, { event, id }) =>
			thrown(() => sendSSEToClient(CLIENT, data, event as string, GROUP, id as string)),
	},
	{
		name: "sendSSEToConnection",
		send: (data, { event, id }) =>
			thrown(() => sendSSEToConnection(connection.response, data, event as string, id as string)),
	},
];

/** The documented functions return 0 and report what a request can cause; thrown here, it compares with what others throw. */
function thrown(send: () => number): number {
	const before = reported.length;
	const count = send();
	if (reported.length === before) return count;
	expect(count).toBe(0);
	throw reported.at(-1);
}

const HOSTILE_TEXTS = [
	"\n",
	"\r",
	"\r\n",
	"a\nb",
	"a\rb",
	"a\r\nb",
	"trailing\n",
	"trailing\r",
	"\nleading",
	"x\ndata: injected",
	"x\rdata: injected",
	"x\n\ndata: injected\n\n",
	"x\r\rdata: injected\r\r",
	"x\r\n\r\ndata: injected\r\n\r\n",
	"x\nid: injected\nretry: 1",
	"\u{feff}\n",
	"\u{2028}\n",
	"\ud800",
	"a\udc00b",
	"\udc00\ud800",
];

/** Values of other types, which no field may turn into text. */
const NOT_TEXT = [
	true,
	false,
	1n,
	Symbol("x"),
	() => "x",
	Number.NaN,
	Number.POSITIVE_INFINITY,
	Number.NEGATIVE_INFINITY,
];

/** Objects, which the documented functions take for options in the place of the event type. */
const OBJECTS: readonly unknown[] = [
	{},
	[],
	["a\nb"],
	new String("a\nb"),
	{ toString: () => "x\ndata: injected" },
	{ [Symbol.toPrimitive]: () => "x\ndata: injected" },
	null,
];

const HOSTILE_EVENTS = [...HOSTILE_TEXTS, "x".repeat(257), 0, 1, ...NOT_TEXT];
const HOSTILE_IDS = [...HOSTILE_TEXTS, "\0", "a\0b", "\0\n", "x".repeat(1_025), ...NOT_TEXT];
const HOSTILE_RETRIES = [
	...HOSTILE_TEXTS,
	"1",
	"1\ndata: injected",
	"1\n\ndata: injected\n\n",
	"",
	-1,
	1.5,
	0.1,
	1e21,
	2 ** 53,
	...NOT_TEXT,
	...OBJECTS,
];

describe.each(SENDERS.map((sender) => [sender.name, sender] as const))("%s", (_name, sender) => {
	test("refuses an event type that is not one field's text, and nothing of the event is sent", () =>
		refusesEach(sender, "event", [...HOSTILE_EVENTS, ...OBJECTS], "ERR_SSE_INVALID_EVENT"));

	test("refuses an id that is not one field's text, and nothing of the event is sent", () =>
		refusesEach(sender, "id", [...HOSTILE_IDS, ...OBJECTS], "ERR_SSE_INVALID_ID"));

	test("refuses a reconnection time that is not a whole number of milliseconds, and nothing of the event is sent", () =>
		refusesEach(sender, "retry", HOSTILE_RETRIES, "ERR_SSE_INVALID_RETRY"));

	test("sends data that looks like fields and events as the data of one event", () =>
		keepsHostileData(sender));

	test("reads each option once, so that a getter cannot pass one value and send another", async () => {
		const told = { event: 0, id: 0, retry: 0 };
		const before = stream.text;
		await sender.send("x", {
			get event() {
				return told.event++ === 0 ? "good" : "x\ndata: injected";
			},
			get id() {
				return told.id++ === 0 ? "good" : "x\ndata: injected";
			},
			get retry() {
				return told.retry++ === 0 ? 1 : "1\ndata: injected";
			},
		});
		await arrives(before, "event: good\nid: good\nretry: 1\ndata: x\n\n");
	});
});

describe.each(POSITIONAL.map((sender) => [sender.name, sender] as const))(
	"%s with its positions",
	(_name, sender) => {
		test("refuses an event type that is not one field's text, and nothing of the event is sent", () =>
			refusesEach(sender, "event", HOSTILE_EVENTS, "ERR_SSE_INVALID_EVENT"));

		test("refuses an id that is not one field's text, and nothing of the event is sent", () =>
			refusesEach(
				sender,
				"id",
				[...HOSTILE_IDS, ...OBJECTS.filter((value) => value !== null)],
				"ERR_SSE_INVALID_ID",
			));

		test("sends data that looks like fields and events as the data of one event", () =>
			keepsHostileData(sender));
	},
);

test("a hostile field is refused even if nobody would receive it", () => {
	const alone = createSSEService(QUIET);
	for (const target of ["all", { group: "nobody" }, { client: "nobody" }] as const) {
		expect(() => alone.send(target, "x", { event: "a\rb" })).toThrow(
			refusal("ERR_SSE_INVALID_EVENT"),
		);
		expect(() => alone.send(target, "x", { id: "a\rb" })).toThrow(refusal("ERR_SSE_INVALID_ID"));
		expect(() => alone.send(target, "x", { retry: -1 })).toThrow(refusal("ERR_SSE_INVALID_RETRY"));
		expect(() => alone.send(target, undefined)).toThrow(refusal("ERR_SSE_INVALID_DATA"));
	}
	expect(() => thrown(() => sendSSEToClient("nobody", "x", "a\rb"))).toThrow(
		refusal("ERR_SSE_INVALID_EVENT"),
	);
});

test("a pipe sends what came before a hostile item, refuses that, closes the source and leaves the connection open", async () => {
	const before = stream.text;
	let closed = false;
	async function* source() {
		try {
			yield "one";
			yield "two\n\ndata: injected";
			yield "never";
		} finally {
			closed = true;
		}
	}
	const piped = connection.pipe(source(), { toEvent: (item) => ({ data: item, event: item }) });
	await expect(piped).rejects.toThrow(refusal("ERR_SSE_INVALID_EVENT"));
	expect(connection.closed).toBe(false);
	await arrivesAfterwards(before, "event: one\ndata: one\n\n");
	expect(closed).toBe(true);
});

test("names, metadata, close reasons and the Last-Event-ID a client came with are never on the wire", async () => {
	const name = "x\ndata: injected\n\n";
	const opened = await live.open(
		{ clientId: name, groupName: name, meta: { [name]: name } },
		{ headers: { "Last-Event-ID": "x\tdata: injected" } },
	);
	expect(opened.connection).toMatchObject({
		clientId: name,
		groups: [name],
		lastEventId: "x\tdata: injected",
	});
	expect(service.join({ client: name }, `${name}2`)).toBe(1);
	service.setMetadata(name, { name });
	expect(service.send({ client: name, group: `${name}2` }, "good")).toBe(1);
	opened.connection.close(name);
	await opened.stream.ended;
	expect(opened.stream.text).toBe(": open\ndata: good\n\n");
	expect(opened.stream.rawHeaders.join()).not.toContain("injected");
});

describe("the options of a service that reach the wire", () => {
	const opening = (options: SSEServiceOptions) => () => createSSEService(options);
	const refused = refusal("ERR_SSE_INVALID_OPTION");

	test("retryMs is refused unless it is a whole number of milliseconds that a timer can wait", () => {
		for (const retryMs of [...HOSTILE_RETRIES, 2 ** 31]) {
			expect(opening({ retryMs: retryMs as number })).toThrow(refused);
		}
	});

	test.each(["heartbeatEvent", "gapEvent", "positionEvent"])(
		"%s is refused when it is not one field's text",
		(name) => {
			for (const event of [...HOSTILE_TEXTS, 0, 1, ...NOT_TEXT, ...OBJECTS]) {
				expect(opening({ history: true, [name]: event })).toThrow(refused);
			}
		},
	);

	test("heartbeatIntervalMs, which a heartbeat event contains, is refused unless it is such a number", () => {
		for (const interval of [...HOSTILE_RETRIES, 2 ** 31]) {
			expect(opening({ heartbeatIntervalMs: interval as number, heartbeatEvent: "beat" })).toThrow(
				refused,
			);
		}
	});

	test("commentForm is refused unless it is line or block", () => {
		for (const commentForm of ["", "LINE", "line\ndata: injected", ["line"], null, 1, {}]) {
			expect(opening({ commentForm: commentForm as "line" })).toThrow(refused);
		}
	});
});

describe.each(["http", "http2"] as const)("response headers over %s", (protocol) => {
	const HOSTILE_HEADERS: readonly [what: string, headers: Record<string, unknown>][] = [
		["a value with CRLF", { "X-Bad": "a\r\nX-Injected: 1" }],
		["a value with LF", { "X-Bad": "a\nX-Injected: 1" }],
		["a value with CR", { "X-Bad": "a\rX-Injected: 1" }],
		["a value that ends the head", { "X-Bad": "a\r\n\r\ndata: injected\n\n" }],
		["a value with NUL", { "X-Bad": "a\0b" }],
		["a value of several, the last with CRLF", { "X-Bad": ["a", "b\r\nX-Injected: 1"] }],
		["a cookie with CRLF", { "Set-Cookie": "a=1\r\nX-Injected: 1" }],
		["the second of two cookies with LF", { "Set-Cookie": ["a=1", "b=2\nX-Injected: 1"] }],
		["a name with CRLF", { "X-Bad\r\nX-Injected": "1" }],
		["a name with a colon", { "X-Bad: 1": "1" }],
		["an empty name", { "": "1" }],
	];

	test.each(HOSTILE_HEADERS)(
		"%s is refused, and the response is unchanged and can still answer 500",
		async (_what, hostile) => {
			const headers = { "X-Good": "1", ...hostile } as SSEHeaders;
			const { code, left, response } = await refusedHeaders(protocol, headers);
			expect({ code, left }).toEqual({ code: "ERR_SSE_INVALID_HEADERS", left: BEFORE });
			expect(response.status).toBe(500);
			expect(response.headers).toMatchObject({ ...BEFORE, "content-type": "text/plain" });
			for (const name of ["x-good", "x-bad", "x-injected", "cache-control"])
				expect(response.headers).not.toHaveProperty(name);
			expect(response.text).toBe("no");
		},
	);
});

test("the headers of a stream are those it was given and its own, and nothing of the event stream", async () => {
	const { stream: opened, connection: own } = await live.open({
		originalResHeaders: { "X-Text": "data: x", "X-Tab": "a\tb", "Set-Cookie": ["a=1", "b=2"] },
	});
	expect(opened.headers).toMatchObject({
		"x-text": "data: x",
		"x-tab": "a\tb",
		"set-cookie": ["a=1", "b=2"],
	});
	own.send("x");
	await opened.take(1);
	expect(opened.text).toBe(": open\ndata: x\n\n");
	own.close();
});

const BEFORE = { "x-before": "1", "set-cookie": ["before=1"] };

/** Connect on a response that has headers already, and answer 500 when that is refused. */
async function refusedHeaders(
	protocol: "http" | "http2",
	originalResHeaders: SSEHeaders,
): Promise<{ code: unknown; left: unknown; response: TestStream }> {
	let code: unknown;
	let left: unknown;
	const server = await startServer((req, res) => {
		for (const [name, value] of Object.entries(BEFORE)) res.setHeader(name, value);
		try {
			createSSEService(QUIET).connect({ req, res, originalResHeaders }).connection.close();
		} catch (error) {
			code = (error as { code: unknown }).code;
			left = { ...res.getHeaders() };
			res.writeHead(500, { "Content-Type": "text/plain" });
			res.end("no");
		}
	}, protocol);
	onTestFinished(() => server.destroy());
	const response = await openStream(server.url, { http2: protocol === "http2" });
	await response.ended;
	return { code, left, response };
}

/** Each of the values is refused, the wire is as it was, and the event after it arrives intact. */
async function refusesEach(
	sender: Sender,
	field: keyof Options,
	values: readonly unknown[],
	code: string,
): Promise<void> {
	for (const value of values) {
		const before = stream.text;
		const { bytesSent, eventsSent } = service.stats();
		const attempt = async () => sender.send("refused", { [field]: value });
		await expect(attempt(), `${field}: ${inspect(value)}`).rejects.toThrow(refusal(code));
		expect(service.stats()).toMatchObject({ bytesSent, eventsSent });
		expect(connection.bufferedBytes).toBe(0);
		await arrivesAfterwards(before, "");
	}
}

async function keepsHostileData(sender: Sender): Promise<void> {
	for (const text of [
		...HOSTILE_TEXTS,
		"\0",
		"\0\n\0",
		...HOSTILE_TEXTS.map((part) => `${part}${part}`),
	]) {
		const lines = text.toWellFormed().split(/\r\n|\r|\n/);
		for (const [data, wire] of [
			[text, lines.map((line) => `data: ${line}\n`).join("")],
			[{ toJSON: () => text }, `data: ${JSON.stringify(text)}\n`],
			[{ [text]: [text] }, `data: ${JSON.stringify({ [text]: [text] })}\n`],
			[{ toJSON: () => ({ toString: () => text, text }) }, `data: ${JSON.stringify({ text })}\n`],
		]) {
			const before = stream.text;
			await sender.send(data, {});
			await arrives(before, `${wire}\n`);
		}
	}
}

/** What arrives after `before` is `wire`, and then a good event, and nothing else. */
async function arrivesAfterwards(before: string, wire: string): Promise<void> {
	expect(connection.send("good", { event: "good" })).toBe(1);
	await arrives(before, `${wire}event: good\ndata: good\n\n`);
}

async function arrives(before: string, wire: string): Promise<void> {
	await stream.until(() => stream.text.length >= before.length + wire.length);
	expect(stream.text.slice(before.length)).toBe(wire);
}

function refusal(code: string): unknown {
	return expect.objectContaining({ name: "SSEError", code });
}

async function* asyncItems<Item>(items: readonly Item[]): AsyncGenerator<Item> {
	for (const item of items) {
		await null;
		yield item;
	}
}

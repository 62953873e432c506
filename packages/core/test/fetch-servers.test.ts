/**
 * Streams on a `Response` over the servers of other people, in its body and written to Node's response.
 */
import { once } from "node:events";
import {
	Agent,
	createServer,
	get,
	type IncomingMessage,
	type Server,
	ServerResponse,
} from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { type AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import {
	type Complaints,
	collectComplaints,
	eventually,
	isLongRun,
	openSocket,
	openStream,
	settled,
	sizeOf,
	type TestStream,
} from "@sse-service/testing";
import { startTcpProxy } from "@sse-service/testing/tcp-proxy";
import type { MiddlewareHandler } from "hono";
import { compress } from "hono/compress";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
	type FetchConnection,
	type RespondParams,
	type RespondResult,
	respond,
	type SSEError,
} from "../src/fetch.js";
import { createSSEService, type SSEService, type SSEServiceOptions } from "../src/index.js";
import { openSinks } from "../src/sink/open-sinks.js";
import { type FetchServer, NODE_SERVER, type RunningServer, SERVERS } from "./fetch-servers.js";

const KB = 1024;

let sse: SSEService;
let reasons: string[];
let running: RunningServer;
let connections: FetchConnection[];
/** Node's responses, by a way that the code under test does not know. */
let responses: object[];
let complaints: Complaints;

beforeEach(() => {
	[reasons, connections, responses] = [[], [], []];
	complaints = collectComplaints();
	sse = createService();
});

afterEach(async () => {
	await settled(sse.close(), "the service to close");
	running?.server.close();
	running?.server.closeAllConnections?.();
	await turn();
	expect(complaints.stop()).toEqual([]);
});

function createService(options: SSEServiceOptions = {}): SSEService {
	const onDisconnect: SSEServiceOptions["onDisconnect"] = ({ reason }) => reasons.push(reason);
	return createSSEService({ closeTimeoutMs: 1_000, onDisconnect, ...options });
}

interface Serving {
	readonly params?: RespondParams;
	readonly middleware?: readonly MiddlewareHandler[];
	before?(): unknown;
	opened?(result: RespondResult): unknown;
}

async function start(
	server: FetchServer,
	isDirect: boolean,
	{ params, middleware = [], before, opened }: Serving = {},
): Promise<string> {
	running = await server.start(
		async (request, outgoing) => {
			await before?.();
			const result = respond(request, {
				service: sse,
				outgoing: isDirect ? outgoing : false,
				...params,
			});
			connections.push(result.connection);
			opened?.(result);
			return result.response;
		},
		...middleware,
	);
	(running.server as Server).on("request", (_req, res) => responses.push(res));
	return `http://127.0.0.1:${running.port}/`;
}

/** Asks without waiting for an answer. @returns a function that leaves */
async function ask(url: string, http2: boolean): Promise<() => Promise<void>> {
	if (http2) {
		const session = connectHttp2(url);
		session.on("error", () => {});
		session.request().on("error", () => {});
		return () => new Promise((resolve) => session.once("close", resolve).destroy());
	}
	const socket = await openSocket(Number(new URL(url).port), ["GET / HTTP/1.1", "Host: x"]);
	return async () => {
		socket.abort();
		await socket.closed;
	};
}

/** Whether the layer reads the body of a stream for each event, rather than none. */
async function isReadOn(stream: TestStream): Promise<boolean> {
	const read = vi.spyOn(ReadableStreamDefaultReader.prototype, "read");
	const before = stream.events.length;
	for (const n of [1, 2, 3]) {
		sse.send("all", n);
		await stream.until(() => stream.events.length === before + n);
	}
	const reads = read.mock.calls.length;
	read.mockRestore();
	expect([0, 3]).toContain(reads);
	return reads > 0;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** After test/wrapped-write.ts, streams go through Node's response, behind each server alike, except those in the body. */
const isWrapped = Object.hasOwn(ServerResponse.prototype, "write");
const isInPart = isWrapped && !isLongRun;

const WAYS = (isInPart ? [NODE_SERVER] : SERVERS).flatMap((server) =>
	(isInPart ? [true] : [true, false]).map(
		(isDirect) =>
			[`${server.name}, ${isDirect ? "directly" : "in the body"}`, server, isDirect] as const,
	),
);

describe.each(WAYS)("over %s", (_name, server, isDirect) => {
	const { http2 = false } = server;
	const serve = (serving?: Serving): Promise<string> => start(server, isDirect, serving);

	const gone = (count: number): Promise<void> =>
		eventually(() => reasons.length === count && sse.stats().connections === 0);

	it("carries events as they are sent, and ends with the connection", async () => {
		const stream = await openStream(await serve(), { http2 });
		expect(stream.headers["content-type"]).toBe("text/event-stream");
		await stream.until(() => stream.comments.length === 1);
		for (const n of [1, 2, 3]) {
			sse.send("all", n);
			await stream.take(n);
		}
		sse.disconnect("all");
		expect(await stream.ended).toBe(true);
	});

	it("is a target by Node's response, too", async () => {
		const stream = await openStream(await serve(), { http2 });
		await stream.until(() => stream.comments.length === 1);
		expect(sse.send({ connection: responses[0] as never }, 1)).toBe(isDirect ? 1 : 0);
	});

	it("notices a client that leaves while nothing is sent", async () => {
		const stream = await openStream(await serve(), { http2 });
		await stream.until(() => stream.comments.length === 1);
		stream.abort();
		await gone(1);
		expect(reasons).toEqual(["client"]);
	});

	it("notices a client that leaves while it is sent to", async () => {
		const stream = await openStream(await serve(), { http2 });
		const sending = setInterval(() => sse.send("all", "x".repeat(KB)), 1);
		await stream.take(3);
		stream.abort();
		await gone(1);
		clearInterval(sending);
		expect(reasons).toEqual(["client"]);
	});

	it("notices a client that leaves while it reads nothing", async () => {
		const stream = await openStream(await serve(), { http2 });
		stream.pause();
		await eventually(() => connections.length === 1);
		const [connection] = connections;
		while ((connection?.bufferedBytes ?? 0) < 50 * KB) {
			connection?.send("x".repeat(20 * KB));
			await turn();
		}
		stream.abort();
		await gone(1);
		expect(reasons).toEqual(["client"]);
	});

	it("notices a client that left before the handler returned", async () => {
		let release = (): void => {};
		let hasCome = false;
		const url = await serve({
			before: () => {
				hasCome = true;
				return new Promise<void>((resolve) => {
					release = resolve;
				});
			},
		});
		const leave = await ask(url, http2);
		await eventually(() => hasCome);
		await leave();
		for (let turns = 0; turns < 20; turns++) await turn();
		release();
		await eventually(() => connections.length === 1);
		// It may count as connected until something is written.
		const sending = setInterval(() => sse.send("all", "x".repeat(KB)), 1);
		await eventually(() => connections[0]?.closed === true);
		clearInterval(sending);
		expect(sse.stats().connections).toBe(0);
	});

	it("ends what was sent first when the service closes", async () => {
		sse = createService({ closeTimeoutMs: 600_000 });
		const stream = await openStream(await serve(), { http2 });
		await stream.until(() => stream.comments.length === 1);
		sse.send("all", "last");
		await settled(sse.close(), "the service to close");
		expect(await stream.ended).toBe(true);
		expect(stream.events).toEqual([{ data: "last" }]);
	});

	it("an event of megabytes reaches a slow reader whole, and memory stays bounded", async () => {
		sse = createService({ maxBufferedBytes: 100 * KB });
		const stream = await openStream(await serve(), { http2 });
		stream.pause();
		await eventually(() => connections.length === 1);
		sse.send("all", "x".repeat(5 * KB * KB));
		for (let turns = 0; turns < 20; turns++) await turn();
		stream.resume();
		expect((await stream.take(1))[0]?.data.length).toBe(5 * KB * KB);
	});

	it("leaves nothing behind after many clients have connected and left, at once, in mid-write or blocked", async () => {
		const url = await serve();
		// What a round leaves behind is seen after it. A long run looks for what few rounds reach.
		const rounds = sizeOf({ usual: 4, long: 100 });
		for (let round = 0; round < rounds; round++) {
			const streams = await Promise.all(
				Array.from({ length: 20 }, () => openStream(url, { http2 })),
			);
			for (const [index, stream] of streams.entries()) {
				if (index % 4 === 0) stream.abort();
				if (index % 4 === 1) stream.pause();
			}
			sse.send("all", "x".repeat(64 * KB));
			const readers = streams.filter((_, index) => index % 4 > 1);
			await Promise.all(readers.map((stream) => stream.take(1)));
			for (const stream of streams) stream.abort();
			await gone((round + 1) * 20);
		}
		expect(new Set(reasons)).toEqual(new Set(["client"]));
		expect(sse.stats()).toMatchObject({ connections: 0, clients: 0, groups: 0 });
		expect(openSinks.size).toBe(0);
	});

	it("notices a client that leaves behind a proxy", async () => {
		const url = await serve();
		const proxy = await startTcpProxy(Number(new URL(url).port));
		const stream = await openStream(`http://127.0.0.1:${proxy.port}/`, { http2 });
		sse.send("all", 1);
		await stream.take(1);
		stream.abort();
		await gone(1);
		await proxy.close();
		expect(reasons).toEqual(["client"]);
	});

	it("sends the headers and cookies that the handler and middleware set, before it and after", async () => {
		const stream = await openStream(
			await serve({
				params: {
					headers: [
						["x-handler", "1"],
						["set-cookie", "a=1"],
						["set-cookie", "b=2"],
					],
				},
			}),
			{ http2 },
		);
		expect(stream.headers).toMatchObject({ "x-handler": "1", "set-cookie": ["a=1", "b=2"] });
		expect(stream.headers["cache-control"]).toBe("no-cache, no-transform");
		expect(stream.headers["content-type"]).toBe("text/event-stream");
	});

	it("sends what the handler sent before it returned, in order", async () => {
		const url = await serve({
			opened: ({ connection }) => {
				for (const n of [1, 2, 3]) connection.send(n);
			},
		});
		const stream = await openStream(url, { http2 });
		await stream.take(3);
		for (const n of [4, 5]) sse.send("all", n);
		expect((await stream.take(5)).map(({ data }) => data)).toEqual(["1", "2", "3", "4", "5"]);
	});

	it("ends what its handler closes before it returns", async () => {
		const url = await serve({
			opened: ({ connection }) => {
				connection.send("only");
				connection.close();
			},
		});
		const stream = await openStream(url, { http2 });
		expect(await stream.ended).toBe(true);
		expect(stream.events).toEqual([{ data: "only" }]);
		await gone(1);
		expect(reasons).toEqual(["server"]);
	});

	it.runIf(isDirect && !http2)("sends the head and the first bytes in one write", async () => {
		const url = await serve();
		const writes = (["_write", "_writev"] as const).map((name) => {
			return vi.spyOn(Socket.prototype as Required<Socket>, name);
		});
		const stream = await openStream(url);
		await stream.until(() => stream.comments.length === 1);
		const written = writes.flatMap(({ mock }) => mock.contexts as Socket[]);
		vi.restoreAllMocks();
		const { socket } = responses[0] as ServerResponse;
		expect(written.filter((each) => each === socket)).toHaveLength(1);
	});

	it.skipIf(http2)("leaves its socket to the next request once it has ended", async () => {
		const agent = new Agent({ keepAlive: true, maxSockets: 1 });
		const url = await serve({ opened: ({ connection }) => connection.close() });
		for (const isReused of [false, true, true]) {
			const request = get(url, { agent });
			const [response] = (await once(request, "response")) as [IncomingMessage];
			expect(request.reusedSocket).toBe(isReused);
			expect(await text(response)).toBe(": open\n");
		}
		agent.destroy();
		await gone(3);
		expect(openSinks.size).toBe(0);
	});

	it("answers HEAD with the headers, and opens nothing", async () => {
		const stream = await openStream(await serve(), { http2, method: "HEAD" });
		expect(stream.headers["content-type"]).toBe("text/event-stream");
		expect(sse.stats().connectionsOpened).toBe(0);
	});

	it(isDirect ? "goes past the layer, which reads no more" : "is read by the layer", async () => {
		const stream = await openStream(await serve(), { http2 });
		await stream.until(() => stream.comments.length === 1);
		const isRead = await isReadOn(stream);
		expect(isRead).toBe(!isDirect);
		expect(Object.hasOwn(responses[0] ?? {}, "write")).toBe(false);
	});
});

describe("something between the handler and the server", () => {
	const gzip: MiddlewareHandler = async (c, next) => {
		await next();
		c.res = new Response(c.res.body?.pipeThrough(new CompressionStream("gzip")), c.res);
		c.res.headers.set("Content-Encoding", "gzip");
	};
	const shout: MiddlewareHandler = async (c, next) => {
		await next();
		const reader = c.res.body?.getReader();
		const body = new ReadableStream({
			pull: async (controller) => {
				const { value } = (await reader?.read()) ?? {};
				if (value === undefined) controller.close();
				else controller.enqueue(Buffer.from(Buffer.from(value).toString().toUpperCase()));
			},
		});
		c.res = new Response(body, c.res);
	};
	const late: MiddlewareHandler = async (c, next) => {
		await next();
		c.header("X-Late", "yes");
		c.header("Set-Cookie", "late=1", { append: true });
	};

	it.each([
		["that compresses", gzip, "data: hello\n\n"],
		["that reads the body by hand and changes it", shout, "DATA: HELLO\n\n"],
	])("%s gets every event, and the stream stays in the body", async (_what, middleware, text) => {
		const url = await start(NODE_SERVER, true, { middleware: [middleware] });
		const abort = new AbortController();
		const response = await fetch(url, { signal: abort.signal });
		expect(sse.send("all", "hello")).toBe(1);
		sse.disconnect("all");
		expect(await response.text()).toContain(text);
	});

	it("may set headers and cookies after the handler has returned, and the stream is still written directly", async () => {
		const stream = await openStream(await start(NODE_SERVER, true, { middleware: [late] }));
		expect(stream.headers).toMatchObject({ "x-late": "yes", "set-cookie": ["late=1"] });
		await stream.until(() => stream.comments.length === 1);
		expect(await isReadOn(stream)).toBe(false);
	});

	// A layer that creates its signal when it is first read is asked for it late.
	it("that does not pass on a cancellation does not hide that the client has left", async () => {
		const stream = await openStream(await start(NODE_SERVER, false, { middleware: [shout] }));
		await stream.until(() => stream.comments.length === 1);
		stream.abort();
		await eventually(() => sse.send("all", "unread") === 0);
		expect(reasons).toEqual(["client"]);
	});

	it("of Hono's own that compresses leaves the stream alone", async () => {
		const url = await start(NODE_SERVER, true, { middleware: [compress({ threshold: 0 })] });
		const stream = await openStream(url, { headers: { "Accept-Encoding": "gzip" } });
		expect(stream.headers).not.toHaveProperty("content-encoding");
		sse.send("all", "at once");
		expect(await stream.take(1)).toEqual([{ data: "at once" }]);
	});
});

describe("the server", () => {
	it("that closes ends the streams on it, and the service continues with the other", async () => {
		const url = await start(NODE_SERVER, true);
		const first = running;
		const stream = await openStream(url);
		const other = await openStream(await start(NODE_SERVER, true));
		for (const { server } of [first, running]) sse.closeWith(server);
		first.server.close();
		expect(await stream.ended).toBe(true);
		expect(sse.send("all", "still here")).toBe(1);
		expect(await other.take(1)).toEqual([{ data: "still here" }]);
		running.server.close();
		expect(await other.ended).toBe(true);
		expect(reasons).toEqual(["shutdown", "shutdown"]);
	});

	// h3 1 does so, and its requests have no signal: Node's response alone knows that the client has left.
	it("that pipes the body without reporting a disconnect is left when Node's response closes", async () => {
		const server = createServer((_req, res) => {
			const request = new Request("http://127.0.0.1/");
			const { response } = respond(request, { service: sse, outgoing: res });
			const written = new WritableStream({ write: (chunk) => void res.write(chunk) });
			void response.body?.pipeTo(written);
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		running = { server, port: (server.address() as AddressInfo).port };
		const stream = await openStream(`http://127.0.0.1:${running.port}/`);
		sse.send("all", "piped");
		expect(await stream.take(1)).toEqual([{ data: "piped" }]);
		stream.abort();
		await eventually(() => sse.stats().connections === 0);
		expect(reasons).toEqual(["client"]);
	});

	const OWN_SIGNALS: readonly (readonly [
		string,
		(request: Request, signal: AbortSignal) => Request,
	])[] = [
		["built anew", ({ url }, signal) => new Request(url, { signal })],
		["built from the layer's", (request, signal) => new Request(request, { signal })],
		["of a derived class", ({ url }, signal) => new (class extends Request {})(url, { signal })],
		[
			"of the layer with a signal put upon it",
			(request, signal) => Object.defineProperty(request, "signal", { value: signal }),
		],
	];
	it.each(OWN_SIGNALS)(
		"ends a stream by the signal of a request %s, and not again when Node's response closes",
		async (_name, withSignal) => {
			const leaving = new AbortController();
			running = await NODE_SERVER.start((request, outgoing) => {
				const own = withSignal(request, leaving.signal);
				return respond(own, { service: sse, outgoing }).response;
			});
			const stream = await openStream(`http://127.0.0.1:${running.port}/`);
			leaving.abort();
			await stream.ended;
			await eventually(() => reasons.length > 0 && sse.stats().connections === 0);
			await new Promise<void>((resolve) => running.server.close(() => resolve()));
			expect(reasons).toEqual(["client"]);
		},
	);

	it.each(OWN_SIGNALS)(
		"ends a stream when Node's response closes, and not again by the signal of a request %s",
		async (_name, withSignal) => {
			const leaving = new AbortController();
			running = await NODE_SERVER.start((request, outgoing) => {
				const own = withSignal(request, leaving.signal);
				return respond(own, { service: sse, outgoing }).response;
			});
			const stream = await openStream(`http://127.0.0.1:${running.port}/`);
			stream.abort();
			await eventually(() => sse.stats().connections === 0);
			leaving.abort();
			await turn();
			expect(reasons).toEqual(["client"]);
		},
	);

	it.each(OWN_SIGNALS)(
		"opens no stream if the signal of a request %s has aborted",
		async (_name, withSignal) => {
			running = await NODE_SERVER.start((request, outgoing) => {
				const own = withSignal(request, AbortSignal.abort());
				return respond(own, { service: sse, outgoing }).response;
			});
			const answer = await fetch(`http://127.0.0.1:${running.port}/`);
			expect(await answer.text()).toBe("");
			expect(sse.stats().connectionsOpened).toBe(0);
		},
	);

	it.each(WAYS)(
		"is not asked for a signal while it reads the body or exposes its response: %s",
		async (_name, server, isDirect) => {
			const asked: PropertyKey[] = [];
			running = await server.start((request, outgoing) => {
				const get = (target: Request, name: PropertyKey): unknown => {
					asked.push(name);
					const value = Reflect.get(target, name, target);
					return typeof value === "function" ? value.bind(target) : value;
				};
				const params = { service: sse, outgoing: isDirect ? outgoing : (false as const) };
				return respond(new Proxy(request, { get }), params).response;
			});
			const http2 = server.http2 ?? false;
			const stream = await openStream(`http://127.0.0.1:${running.port}/`, { http2 });
			await stream.until(() => stream.comments.length === 1);
			sse.send("all", "read at once");
			await stream.take(1);
			stream.abort();
			await eventually(() => sse.stats().connections === 0);
			expect(asked).toContain("method");
			expect(asked).not.toContain("signal");
		},
	);

	it("carries one stream on a response: a second is refused before the layer has sent anything", async () => {
		const errors: unknown[] = [];
		running = await NODE_SERVER.start((request, outgoing) => {
			const { response } = respond(request, { service: sse, outgoing });
			try {
				respond(request, { service: sse, outgoing });
			} catch (error) {
				errors.push(error);
			}
			return response;
		});
		const stream = await openStream(`http://127.0.0.1:${running.port}/`);
		sse.send("all", "first");
		expect(await stream.take(1)).toEqual([{ data: "first" }]);
		expect(errors).toMatchObject([{ code: "ERR_SSE_RESPONSE_STARTED" }]);
	});

	it("opens no stream behind an open one on the same socket", async () => {
		const errors: unknown[] = [];
		running = await NODE_SERVER.start((request, outgoing) => {
			try {
				return respond(request, { service: sse, outgoing }).response;
			} catch (error) {
				errors.push(error);
				return (error as SSEError).toResponse();
			}
		});
		const request = ["GET / HTTP/1.1", "Host: x", ""].join("\r\n");
		const socket = await openSocket(running.port, [request, request]);
		await eventually(() => sse.stats().connections === 1);
		await eventually(() => errors.length === 1);
		expect(errors).toMatchObject([{ code: "ERR_SSE_PIPELINED" }]);
		socket.abort();
		await socket.closed;
	});
});

it("refuses an outgoing that is not a response of Node", () => {
	const request = new Request("http://127.0.0.1/");
	expect(() => respond(request, { service: sse, outgoing: {} as never })).toThrow(
		expect.objectContaining({ code: "ERR_SSE_INVALID_REQUEST" }),
	);
	expect(sse.stats().connectionsOpened).toBe(0);
});

/**
 * One connection, over every protocol Node serves: how it opens, what it carries, how it ends.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import http2 from "node:http2";
import https from "node:https";
import { Socket } from "node:net";
import { join } from "node:path";
import { inspect, promisify } from "node:util";
import {
	eventually,
	openSocket,
	openStream,
	type Protocol,
	settled,
	startServer,
	type TestServer,
} from "@sse-service/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createAppStreams } from "../src/adapter.js";
import {
	type ConnectParams,
	type ConnectResult,
	createSSEService,
	type SSEService,
} from "../src/index.js";

let server: TestServer;
let sse: SSEService;
let connected: ConnectResult[];

beforeEach(() => {
	sse = createSSEService({ heartbeatIntervalMs: 0 });
	connected = [];
});

afterEach(async () => {
	await sse.close();
	await server.close();
});

async function serve(
	params:
		| Partial<ConnectParams>
		| ((req: IncomingMessage, res: ServerResponse) => Partial<ConnectParams>) = {},
	protocol: Protocol = "http",
): Promise<void> {
	server = await startServer((req, res) => {
		connected.push(
			sse.connect({ req, res, ...(typeof params === "function" ? params(req, res) : params) }),
		);
	}, protocol);
}

function code(expected: string): Error {
	return expect.objectContaining({ code: expected }) as Error;
}

const PROTOCOLS: Protocol[] = ["http", "https", "http2", "http2-tls"];

describe.each(PROTOCOLS)("over %s", (protocol) => {
	const http2 = protocol.startsWith("http2");
	const open = (path = "/", options = {}) => openStream(server.url + path, { ...options, http2 });

	it("opens with status 200, our headers and a first comment, before anything is sent", async () => {
		await serve({}, protocol);
		const stream = await open();
		expect(stream.status).toBe(200);
		expect(stream.headers).toMatchObject({
			"content-type": "text/event-stream",
			"cache-control": "no-cache, no-transform",
			"x-accel-buffering": "no",
		});
		await stream.until(() => stream.comments.length > 0);
		expect(stream.text).toBe(": open\n");
	});

	it("carries events, and ends in an orderly way", async () => {
		await serve({ clientId: "ada" }, protocol);
		const stream = await open();
		sse.send({ client: "ada" }, "über\n☃", { event: "type", id: 1 });
		sse.disconnect("all");
		expect(await stream.ended).toBe(true);
		expect(stream.events).toEqual([{ data: "über\n☃", event: "type", id: "1" }]);
	});

	it("ends after everything sent when the application fails, and passes the error on", async () => {
		const heard: unknown[] = [];
		sse = createSSEService({
			onError: (error, { stage }) => heard.push([stage, error]),
			onDisconnect: ({ reason, error }) => heard.push([reason, error]),
		});
		await serve({}, protocol);
		const stream = await open();
		const [connection] = connected.map((each) => each.connection);
		const error = new Error("no model today");
		connection?.send("first");
		connection?.fail(error);
		expect(connection?.closeReason).toBe("error");
		expect(await stream.ended).toBe(true);
		expect(stream.events).toEqual([{ data: "first" }]);
		// It has closed: a later failure is one of its own, and to be stopped by the signal is none.
		connection?.fail(connection.signal.reason);
		connection?.fail("later");
		expect(heard).toHaveLength(3);
		expect(heard).toEqual(
			expect.arrayContaining([
				["handler", error],
				["error", error],
				["handler", "later"],
			]),
		);
	});

	it("notices a client that leaves, once, with reason client", async () => {
		const reasons: string[] = [];
		await serve({ onDisconnectCb: ({ reason }) => reasons.push(reason) }, protocol);
		const stream = await open();
		stream.abort();
		await eventually(() => reasons.length > 0);
		expect(reasons).toEqual(["client"]);
		expect(sse.stats()).toMatchObject({ connections: 0, clients: 0, groups: 0 });
	});

	it("drops headers that do not fit a stream, and keeps the framework's others", async () => {
		const originalResHeaders = {
			"content-type": "text/html",
			"CONTENT-LENGTH": 5,
			"Content-Encoding": "gzip",
			"transfer-encoding": "identity",
			"cache-control": "max-age=60",
			"set-cookie": ["a=1", "b=2"],
			"X-Framework": "yes",
		};
		await serve({ originalResHeaders }, protocol);
		const stream = await open();
		expect(stream.headers).toMatchObject({
			"content-type": "text/event-stream",
			"cache-control": "no-cache, no-transform",
			"set-cookie": ["a=1", "b=2"],
			"x-framework": "yes",
		});
		expect(stream.headers).not.toHaveProperty("content-length");
		expect(stream.headers).not.toHaveProperty("content-encoding");
		sse.send("all", "arrives");
		expect(await stream.take(1)).toEqual([{ data: "arrives" }]);
	});

	it("answers HEAD with the headers only, and registers nothing", async () => {
		const reasons: string[] = [];
		await serve({ onDisconnectCb: ({ reason }) => reasons.push(reason) }, protocol);
		const stream = await open("/", { method: "HEAD" });
		expect(stream.status).toBe(200);
		expect(stream.headers["content-type"]).toBe("text/event-stream");
		expect(await stream.ended).toBe(true);
		expect(stream.text).toBe("");
		expect(connected[0]?.connection).toMatchObject({ closed: true, closeReason: "head" });
		expect(sse.stats()).toMatchObject({ connections: 0, connectionsOpened: 0 });
		expect(reasons).toEqual(["head"]);
	});

	it("streams on a POST whose body the application has read", async () => {
		let body = "";
		server = await startServer(async (req, res) => {
			for await (const chunk of req) body += chunk;
			connected.push(sse.connect({ req, res }));
		}, protocol);
		const stream = await open("/", { method: "POST", body: '{"prompt":"hi"}' });
		expect(body).toBe('{"prompt":"hi"}');
		// A request whose body was read emits 'close' at once; the stream must not take it for a departure.
		await new Promise((resolve) => setImmediate(resolve));
		expect(sse.send("all", "answer")).toBe(1);
		expect(await stream.take(1)).toEqual([{ data: "answer" }]);
	});

	it("leaves a POST body readable after the stream has opened", async () => {
		server = await startServer(async (req, res) => {
			const { connection } = sse.connect({ req, res });
			let body = "";
			for await (const chunk of req) body += chunk;
			connection.send(body.toUpperCase());
		}, protocol);
		const stream = await open("/", { method: "POST", body: "shout" });
		expect(await stream.take(1)).toEqual([{ data: "SHOUT" }]);
	});
});

describe("headers", () => {
	it("a header is sent once, whatever letter case it was given in on the way", async () => {
		await serve((_req, res) => {
			res.setHeader("Content-type", "text/plain");
			res.setHeader("x-powered-by", "node");
			return { originalResHeaders: { "CACHE-CONTROL": "public", "X-Powered-By": "framework" } };
		});
		const { rawHeaders } = await openStream(server.url);
		const names = rawHeaders
			.filter((_, index) => index % 2 === 0)
			.map((name) => name.toLowerCase());
		expect(names).toEqual([...new Set(names)]);
		expect(rawHeaders[rawHeaders.indexOf("X-Powered-By") + 1]).toBe("framework");
	});

	// An app-wide `no-store` was weakened to `no-cache`, which lets caches keep a copy.
	it.each<[string, string | string[] | undefined, string | undefined, string]>([
		["the response's", "private, no-store", undefined, "private, no-store, no-cache, no-transform"],
		["the framework's", undefined, "No-Store", "No-Store, no-cache, no-transform"],
		[
			"both",
			["private", "no-store"],
			"must-revalidate",
			"private, no-store, must-revalidate, no-cache, no-transform",
		],
		["what is said twice", "no-cache, no-transform", "NO-CACHE", "no-cache, no-transform"],
		[
			"a list within quotes",
			'private="x-a, x-b"',
			undefined,
			'private="x-a, x-b", no-cache, no-transform',
		],
		[
			"what lets caches keep more",
			"public, max-age=60, s-maxage=9",
			"immutable",
			"no-cache, no-transform",
		],
	])(
		"Cache-Control keeps directives that restrict caches: %s",
		async (_name, own, framework, expected) => {
			await serve((_req, res) => {
				if (own !== undefined) res.setHeader("Cache-Control", own);
				return { originalResHeaders: { "cache-control": framework } };
			});
			expect((await openStream(server.url)).headers["cache-control"]).toBe(expected);
		},
	);

	it("Set-Cookie of the response and of the framework are all kept, none twice", async () => {
		await serve((_req, res) => {
			res.setHeader("Set-Cookie", ["a=1", "b=2"]);
			return { originalResHeaders: { "set-cookie": ["b=2", "c=3"] } };
		});
		expect((await openStream(server.url)).headers["set-cookie"]).toEqual(["a=1", "b=2", "c=3"]);
	});

	it("a length or encoding set on the response does not reach the stream", async () => {
		await serve((_req, res) => {
			res.setHeader("content-length", 5);
			res.setHeader("Content-Encoding", "gzip");
			res.setHeader("Transfer-Encoding", "identity");
			return {};
		});
		const stream = await openStream(server.url);
		expect(stream.headers["transfer-encoding"]).toBe("chunked");
		expect(stream.headers).not.toHaveProperty("content-length");
		expect(stream.headers).not.toHaveProperty("content-encoding");
		sse.send("all", "more than five bytes");
		expect(await stream.take(1)).toEqual([{ data: "more than five bytes" }]);
	});

	it("originalResHeaders is not changed", async () => {
		const originalResHeaders = Object.freeze({ "content-type": "text/html", "x-a": "1" });
		await serve({ originalResHeaders });
		expect((await openStream(server.url)).headers["x-a"]).toBe("1");
	});

	it("hop-by-hop headers of a framework do not break HTTP/2", async () => {
		await serve(
			{ originalResHeaders: { Connection: "keep-alive", "Keep-Alive": "timeout=5", "x-a": "1" } },
			"http2",
		);
		const stream = await openStream(server.url, { http2: true });
		expect(stream.status).toBe(200);
		expect(stream.headers).not.toHaveProperty("connection");
		expect(stream.headers["x-a"]).toBe("1");
	});

	it.each([
		["a line end in a value", { "x-evil": "a\r\nSet-Cookie: evil=1" }],
		["a name that is not a token", { "bad name": "1" }],
		["a list", ["x"]],
	])(
		"%s is refused before anything is written, and the response stays usable",
		async (_name, headers) => {
			const errors: unknown[] = [];
			server = await startServer((req, res) => {
				res.statusCode = 201;
				res.setHeader("Content-Type", "text/plain");
				res.setHeader("X-Case", "kept");
				try {
					sse.connect({ req, res, originalResHeaders: headers as never });
				} catch (error) {
					errors.push(error);
					res.end("sorry");
				}
			});
			const stream = await openStream(server.url);
			expect(errors).toEqual([code("ERR_SSE_INVALID_HEADERS")]);
			expect(stream.status).toBe(201);
			expect(stream.rawHeaders).toEqual(
				expect.arrayContaining(["Content-Type", "text/plain", "X-Case", "kept"]),
			);
			await stream.ended;
			expect(stream.text).toBe("sorry");
			expect(sse.stats()).toMatchObject({ connections: 0, clients: 0, groups: 0 });
		},
	);

	it("an error of middleware that wraps writeHead reaches the caller, and leaves nothing behind", async () => {
		const errors: unknown[] = [];
		server = await startServer((req, res) => {
			res.writeHead = () => {
				throw new Error("session store");
			};
			try {
				sse.connect({ req, res });
			} catch (error) {
				errors.push(
					error,
					res.listenerCount("close") + res.listenerCount("drain") + res.listenerCount("error"),
				);
				res.destroy();
			}
		});
		const client = await openSocket(server.port, ["GET / HTTP/1.1", "Host: x"]);
		await client.closed;
		expect(errors[0]).toMatchObject({ message: "session store" });
		expect(sse.stats().connections).toBe(0);
	});
});

describe("HTTP/1 details", () => {
	it("an HTTP/1.0 client gets the stream without chunks, and its end by the end of the connection", async () => {
		await serve({ originalResHeaders: { Connection: "keep-alive" } });
		const client = await openSocket(server.port, ["GET / HTTP/1.0"]);
		await client.untilText(": open\n");
		sse.send("all", "plain");
		sse.disconnect("all");
		await client.closed;
		const [head, body] = client.text.split("\r\n\r\n");
		expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
		expect(head?.toLowerCase()).not.toContain("transfer-encoding");
		expect(head?.toLowerCase()).toContain("connection: close");
		expect(body).toBe(": open\ndata: plain\n\n");
	});

	it("the headers and the first comment come in one packet", async () => {
		await serve();
		const client = await openSocket(server.port, ["GET / HTTP/1.1", "Host: x"]);
		const [chunk] = await once(client.socket, "data");
		expect(chunk).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n7\r\n: open\n\r\n$/);
	});

	it("what is sent in the tick in which the stream opens comes in that packet as well", async () => {
		server = await startServer((req, res) => {
			sse.connect({ req, res }).connection.send("at once");
		});
		const client = await openSocket(server.port, ["GET / HTTP/1.1", "Host: x"]);
		const [chunk] = await once(client.socket, "data");
		expect(chunk).toMatch(/\r\n\r\n7\r\n: open\n\r\nf\r\ndata: at once\n\n\r\n$/);
	});

	it("a server's socket timeout does not end the stream, and holds again for the next request", async () => {
		server = await startServer((req, res) => {
			if (req.url === "/plain") res.end("ok");
			else connected.push(sse.connect({ req, res }));
		});
		server.server.on("timeout", (socket) => socket.destroy());
		(server.server as { setTimeout?(ms: number): void }).setTimeout?.(30_000);
		const client = await openSocket(server.port, ["GET / HTTP/1.1", "Host: x"]);
		await client.untilText(": open");
		const [socket] = server.sockets;
		expect(socket?.timeout).toBe(0);
		sse.disconnect("all");
		await client.untilText("\r\n0\r\n\r\n");
		client.socket.write("GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
		await client.untilText("ok");
		expect(server.sockets.size).toBe(1);
		expect(socket?.timeout).toBeGreaterThan(0);
		client.abort();
	});

	it("Nagle's algorithm is off, whatever the server's own setting", async () => {
		const noDelay = vi.spyOn(Socket.prototype, "setNoDelay");
		await serve();
		(server.server as { noDelay?: boolean }).noDelay = false;
		await openStream(server.url);
		expect(noDelay.mock.contexts).toEqual([...server.sockets]);
		expect(noDelay.mock.calls).toEqual([[true]]);
		vi.restoreAllMocks();
	});

	it("a stream requested behind a pipelined request opens when its turn comes", async () => {
		let release = (): void => {};
		server = await startServer((req, res) => {
			if (req.url === "/slow") release = () => res.end("slow");
			else {
				connected.push(sse.connect({ req, res }));
				sse.send("all", "early");
			}
		});
		const client = await openSocket(server.port, [
			"GET /slow HTTP/1.1",
			"Host: x",
			"",
			"GET /stream HTTP/1.1",
			"Host: x",
		]);
		await eventually(() => connected.length === 1);
		release();
		await client.untilText("data: early");
		expect(client.text.indexOf("slow")).toBeLessThan(client.text.indexOf("text/event-stream"));
		client.abort();
	});
});

// Like libraries that record or guard calls on a response. Node emits its events on the response itself.
describe("a response in a Proxy that binds its methods", () => {
	it.each(["leaves", "is ended"])("is free when its client %s", async (how) => {
		const reasons: string[] = [];
		server = await startServer((req, res) => {
			const proxy = new Proxy(res, {
				get: (target, key) => {
					const value: unknown = Reflect.get(target, key, target);
					return typeof value === "function" ? value.bind(target) : value;
				},
			});
			const onDisconnectCb = ({ reason }: { reason: string }): number => reasons.push(reason);
			connected.push(sse.connect({ req, res: proxy, onDisconnectCb }));
		});
		const stream = await openStream(server.url);
		sse.send("all", "x");
		await stream.take(1);
		if (how === "leaves") stream.abort();
		else connected[0]?.currConnection.end();
		await eventually(() => reasons.length === 1);
		expect(sse.stats().connections).toBe(0);
		await settled(sse.close(), "the service to close");
	});
});

describe("pipelined requests", () => {
	const refused: string[] = [];

	beforeEach(() => {
		refused.length = 0;
	});

	const requests = (...paths: string[]): string[] =>
		paths.flatMap((path) => [`GET ${path} HTTP/1.1`, "Host: x", ""]).slice(0, -1);

	/** Serve a stream on each path but `/slow`, which is answered when the function that is returned is called. */
	async function serveBehindSlow(
		connect: (req: IncomingMessage, res: ServerResponse) => ConnectResult,
	): Promise<() => void> {
		let release = (): void => {};
		server = await startServer((req, res) => {
			if (req.url === "/slow") {
				release = () => res.end("slow");
				return;
			}
			try {
				connected.push(connect(req, res));
			} catch (error) {
				const { code, statusCode } = error as { code: string; statusCode: number };
				refused.push(code);
				res.writeHead(statusCode).end(code);
			}
		});
		return () => release();
	}

	// One socket of 200 KB of requests registered 2,427 streams, of which the client could read one.
	it("are refused behind an open stream on the same socket, however many there are", async () => {
		await serveBehindSlow((req, res) => sse.connect({ req, res }));
		const client = await openSocket(server.port, requests(...Array(500).fill("/")));
		await eventually(() => refused.length === 499);
		expect(new Set(refused)).toEqual(new Set(["ERR_SSE_PIPELINED"]));
		expect(sse.stats().connections).toBe(1);
		connected[0]?.connection.close();
		await client.untilText("400 Bad Request");
		client.abort();
	});

	it("are refused behind a stream that itself waits for an ordinary response", async () => {
		await serveBehindSlow((req, res) => sse.connect({ req, res }));
		const client = await openSocket(server.port, requests("/slow", "/1", "/2"));
		await eventually(() => refused.length === 1);
		expect(connected).toHaveLength(1);
		expect(refused).toEqual(["ERR_SSE_PIPELINED"]);
		client.abort();
	});

	// Node tells a response that its client has left only once it has the socket, which those that wait never get.
	it("free a stream behind an ordinary response when the client leaves", async () => {
		const reasons: string[] = [];
		const onDisconnectCb = ({ reason }: { reason: string }): number => reasons.push(reason);
		await serveBehindSlow((req, res) => sse.connect({ req, res, onDisconnectCb }));
		const client = await openSocket(server.port, requests("/slow", "/stream"));
		await eventually(() => connected.length === 1);
		client.abort();
		await eventually(() => reasons.length === 1);
		expect(reasons).toEqual(["client"]);
		expect(sse.stats()).toMatchObject({ connections: 0, clients: 0, groups: 0 });
		await sse.close();
	});

	it("close the response for adapters that wait for it", async () => {
		const streams = createAppStreams({ service: sse });
		await serveBehindSlow((req, res) => streams.connect({ req, res }));
		const client = await openSocket(server.port, requests("/slow", "/stream"));
		await eventually(() => connected.length === 1);
		client.abort();
		await eventually(() => sse.stats().connections === 0);
		await settled(streams.close(), "the app's streams to close");
	});

	// Each had a listener on the socket, and Node prints a warning at the eleventh: any client could bring that about.
	it("of streams that have ended share a listener on the socket, and leave none", async () => {
		const counts: number[] = [];
		server = await startServer((req, res) => {
			counts.push(req.socket.listenerCount("close"));
			connected.push(sse.connect({ req, res }));
			connected.at(-1)?.connection.close();
		});
		const client = await openSocket(server.port, requests(...Array(30).fill("/")));
		await eventually(() => client.text.match(/\r\n0\r\n/g)?.length === 30);
		const [first = 0] = counts;
		expect(Math.max(...counts)).toBeLessThanOrEqual(first + 1);
		// One is Node's own, while a response has the socket.
		const [socket] = server.sockets;
		await eventually(() => socket?.listenerCount("close") === first - 1);
		client.abort();
	});

	it("receive their events when their turn comes, and do not keep close() waiting", async () => {
		const release = await serveBehindSlow((req, res) => {
			const result = sse.connect({ req, res });
			result.connection.send(`to ${req.url}`);
			result.connection.close();
			return result;
		});
		const client = await openSocket(server.port, requests("/slow", "/1", "/2"));
		await eventually(() => connected.length === 2);
		release();
		await client.untilText("data: to /2");
		expect(client.text.match(/data: to ..|slow/g)).toEqual(["slow", "data: to /1", "data: to /2"]);
		client.abort();
	});
});

// Node destroys a stream that its client has reset without an error, and so closes the response, only when its body has been
// read. One on which a body is sent that nobody reads stayed registered forever.
describe("a stream of HTTP/2 that is reset without an error, and whose body nobody reads", () => {
	let session: http2.ClientHttp2Session;

	/** Ask for a stream, `connect` when its body has begun to come or when it was reset, and reset it. */
	async function reset(when: "data" | "aborted", answer: string): Promise<void> {
		server = await startServer((req, res) => {
			req.once("data", () => req.pause());
			req.once("data", () => res.writeContinue());
			req.once(when, () => connected.push(sse.connect({ req, res })));
		}, "http2");
		session = http2.connect(server.url);
		const stream = session.request({ ":method": "POST" }, { endStream: false });
		stream.on("error", () => {});
		stream.resume();
		// More than Node reads ahead.
		stream.write("x".repeat(40_000));
		await once(stream, answer);
		stream.close(http2.constants.NGHTTP2_NO_ERROR);
		await eventually(() => connected[0]?.connection.closed === true);
		expect(connected[0]?.connection.closeReason).toBe("client");
		expect(sse.stats()).toMatchObject({ connections: 0, clients: 0, groups: 0 });
		await settled(sse.close(), "the service to close");
	}

	it("is closed, and keeps neither its session nor the server", async () => {
		await reset("data", "response");
		session.destroy();
		await settled(server.close(), "the server to close");
	});

	it("before connect counts as one whose client has left", async () => {
		await reset("aborted", "continue");
		session.destroy();
		await server.destroy();
	});
});

// Its stream is closed once both sides have ended it, but Node destroys it, and so closes the response, only when the body has
// been read. Closing it once more does nothing: neither the service nor the server came to an end.
describe("a stream of HTTP/2 that has ended, and whose body is read in part", () => {
	it.each<[what: string, when: string, end: () => unknown, blockMs: number]>([
		["connection", "", () => connected[0]?.connection.close(), 0],
		["service", "", () => sse.close(), 0],
		["service", ", though closeTimeoutMs is over before its end is sent,", () => sse.close(), 50],
	])(
		"by the close of its %s%s keeps neither the service nor the server",
		async (_, _when, end, blockMs) => {
			sse = createSSEService({ heartbeatIntervalMs: 0, closeTimeoutMs: 20 });
			server = await startServer((req, res) => {
				req.once("data", () => req.pause());
				req.once("data", () => connected.push(sse.connect({ req, res })));
			}, "http2");
			const session = http2.connect(server.url);
			const stream = session.request({ ":method": "POST" });
			stream.resume();
			// More than Node reads ahead.
			stream.end("x".repeat(40_000));
			await once(stream, "response");
			const closed = once(stream, "close");
			end();
			const endedAt = performance.now();
			while (performance.now() - endedAt < blockMs);
			await closed;
			await settled(sse.close(), "the service to close");
			session.close();
			await settled(server.close(), "the server to close");
		},
	);
});

describe("a response that cannot be opened", () => {
	it.each([
		["on which headers were sent", (res: ServerResponse) => res.writeHead(200).flushHeaders()],
		["that has ended", (res: ServerResponse) => res.end("done")],
	])("one %s is refused with ERR_SSE_RESPONSE_STARTED", async (_name, spoil) => {
		const errors: unknown[] = [];
		server = await startServer((req, res) => {
			spoil(res);
			try {
				sse.connect({ req, res });
			} catch (error) {
				errors.push(error);
			}
			res.end();
		});
		await (await openStream(server.url)).ended;
		expect(errors).toEqual([code("ERR_SSE_RESPONSE_STARTED")]);
		expect(sse.stats()).toMatchObject({ connections: 0, connectionsOpened: 0 });
	});

	it("one that carries a stream already is refused, and the stream continues", async () => {
		server = await startServer((req, res) => {
			sse.connect({ req, res });
			expect(() => sse.connect({ req, res })).toThrowError(code("ERR_SSE_RESPONSE_STARTED"));
		});
		const stream = await openStream(server.url);
		expect(sse.send("all", "one")).toBe(1);
		expect(await stream.take(1)).toEqual([{ data: "one" }]);
	});

	// A well-known peer registers a session forever when its client leaves during an asynchronous authorization.
	it.each(PROTOCOLS)(
		"a client that left before connect yields a closed connection, over %s",
		async (protocol) => {
			const reasons: string[] = [];
			let result: ConnectResult | undefined;
			let arrived = (): void => {};
			const arrival = new Promise<void>((resolve) => {
				arrived = resolve;
			});
			server = await startServer(async (req, res) => {
				arrived();
				await once(res, "close");
				result = sse.connect({
					req,
					res,
					clientId: "ada",
					onDisconnectCb: ({ reason }) => reasons.push(reason),
				});
				expect(reasons).toEqual([]);
			}, protocol);
			const leave = askFor(server);
			await arrival;
			leave();
			await eventually(() => reasons.length > 0);
			expect(result?.connection).toMatchObject({
				closed: true,
				closeReason: "client",
				clientId: "ada",
			});
			expect(result?.connection.signal.aborted).toBe(true);
			expect(result?.connection.send("nobody")).toBe(0);
			expect(result?.client.connections).toEqual([]);
			expect(reasons).toEqual(["client"]);
			expect(sse.stats()).toMatchObject({
				connections: 0,
				clients: 0,
				groups: 0,
				connectionsOpened: 0,
			});
		},
	);

	it.each([
		["no parameters", undefined, "ERR_SSE_INVALID_OPTION"],
		["no request", { res: {} }, "ERR_SSE_INVALID_REQUEST"],
		["a request that is none", { req: {}, res: {} }, "ERR_SSE_INVALID_REQUEST"],
		["a response that is none", { req: { headers: {} }, res: {} }, "ERR_SSE_INVALID_REQUEST"],
	])("%s is refused", async (_name, params, expected) => {
		await serve();
		expect(() => sse.connect(params as never)).toThrowError(code(expected));
	});
});

/** Send a request; the function returned goes away before there is an answer. */
function askFor({ protocol, url }: TestServer): () => void {
	if (!protocol.startsWith("http2")) {
		const request = (protocol === "https" ? https : http).get(url, {
			agent: false,
			rejectUnauthorized: false,
		});
		request.on("error", () => {});
		return () => request.destroy();
	}
	const session = http2.connect(url, { rejectUnauthorized: false });
	const stream = session.request();
	stream.on("error", () => {});
	stream.on("close", () => session.close());
	return () => stream.close(http2.constants.NGHTTP2_CANCEL);
}

describe("the handle", () => {
	it.each([
		["console.log", (handle: unknown) => inspect(handle)],
		["JSON.stringify", (handle: unknown) => JSON.stringify(handle)],
	])("shows in %s its client and how it ended, and no internals", async (_how, show) => {
		await serve();
		await openStream(server.url, { headers: { "last-event-id": "7" } });
		const connection = connected[0]?.connection;
		connection?.close("quota");
		const facts = {
			clientId: connection?.clientId,
			groups: ["default"],
			lastEventId: "7",
			bufferedBytes: 0,
			closeReason: "quota",
		};
		expect(show(connection)).toBe(show(facts));
	});

	it("its signal is aborted when the connection ends, with the reason, also when asked for afterwards", async () => {
		await serve();
		await openStream(server.url);
		const connection = connected[0]?.connection;
		const early = connection?.signal;
		expect(early?.aborted).toBe(false);
		connection?.close("quota");
		expect(early?.aborted).toBe(true);
		expect(early?.reason).toMatchObject({
			name: "AbortError",
			code: "ERR_SSE_CONNECTION_CLOSED",
			reason: "quota",
		});
		expect(connection?.signal).toBe(early);
	});

	it("an error of a listener of its signal is an uncaught exception, and stops nothing else", async () => {
		await serve();
		const program = join(import.meta.dirname, "throwing-listener.mjs");
		const { stdout } = await promisify(execFile)(process.execPath, [program]);
		expect(JSON.parse(stdout)).toEqual({
			uncaught: ["too late"],
			onError: [],
			laterListener: 1,
			otherStream: 1,
		});
	});

	it.each([
		["the header", "/", { "last-event-id": "h1" }, "h1"],
		[
			"the header, in UTF-8",
			"/",
			{ "last-event-id": Buffer.from("zürich ☃").toString("latin1") },
			"zürich ☃",
		],
		["the query, as lastEventId", "/?lastEventId=q%201", {}, "q 1"],
		["the query, as last-event-id", "/?x=1&last-event-id=q2", {}, "q2"],
		["the query, as last_event_id", "/?last_event_id=q3", {}, "q3"],
		["the query, with an encoded name", "/?x=1&las%74Ev%65ntId=q4", {}, "q4"],
		["the header before the query", "/?lastEventId=q", { "last-event-id": "h" }, "h"],
		["a query with a second question mark", "/?next=/a?b&lastEventId=7", {}, "7"],
		["the query, where the header is empty", "/?lastEventId=q", { "last-event-id": "" }, "q"],
		["the first parameter that is not empty", "/?lastEventId=&last-event-id=q", {}, "q"],
		["the query, where all are empty", "/?lastEventId=", { "last-event-id": "" }, ""],
		["nowhere", "/lastEventId=path&lastEventId=1", {}, undefined],
	])("its lastEventId comes from %s", async (_name, path, headers, expected) => {
		await serve();
		await openStream(server.url + path, { headers: headers as Record<string, string> });
		expect(connected[0]?.connection.lastEventId).toBe(expected);
	});

	it("a stream that the application ends itself is closed with reason server", async () => {
		await serve();
		const stream = await openStream(server.url);
		connected[0]?.currConnection.end();
		expect(sse.send("all", "too late")).toBe(0);
		expect(connected[0]?.connection).toMatchObject({ closed: true, closeReason: "server" });
		expect(await stream.ended).toBe(true);
		expect(stream.events).toEqual([]);
		expect(sse.stats().connections).toBe(0);
	});

	it("leaves no listener on the response when it has closed", async () => {
		await serve();
		const stream = await openStream(server.url);
		const response = connected[0]?.currConnection;
		const names = response?.eventNames().length ?? 0;
		stream.abort();
		await eventually(() => connected[0]?.connection.closed === true);
		expect(names).toBeGreaterThan(0);
		for (const name of ["close", "drain", "error"])
			expect(response?.listenerCount(name), name).toBe(0);
	});

	it("leaves no timer when the stream has ended", async () => {
		const cleared = vi.spyOn(globalThis, "clearTimeout");
		const set = vi.spyOn(globalThis, "setTimeout");
		sse = createSSEService({ closeTimeoutMs: 12_345 });
		await serve();
		const stream = await openStream(server.url);
		sse.disconnect("all");
		await stream.ended;
		await eventually(() => connected[0]?.currConnection.closed === true);
		const index = set.mock.calls.findIndex(([, ms]) => ms === 12_345);
		const timer = set.mock.results[index]?.value as NodeJS.Timeout;
		expect(timer.hasRef()).toBe(false);
		expect(cleared).toHaveBeenCalledWith(timer);
		vi.restoreAllMocks();
	});

	it("retryMs is sent when the stream opens", async () => {
		sse = createSSEService({ retryMs: 1234 });
		await serve();
		const stream = await openStream(server.url);
		await stream.until(() => stream.text.length > 10);
		expect(stream.text).toBe(": open\nretry: 1234\n");
	});
});

/** `res.stream` is that of HTTP/2, where Node has it. Applications keep functions and other objects under that name. */
it.each([
	["a function", () => "the application's"],
	["an object", { destroyed: true, closed: true }],
])("%s that the application keeps as res.stream changes nothing", async (_what, stream) => {
	await serve((_req, res) => {
		Object.assign(res, { stream });
		return {};
	});
	const reader = await openStream(server.url);
	expect(connected[0]?.connection.closed).toBe(false);
	expect(sse.send("all", "x")).toBe(1);
	expect(await reader.take(1)).toEqual([{ data: "x" }]);
	connected[0]?.connection.close();
	expect(await reader.ended).toBe(true);
});

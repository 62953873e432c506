/**
 * The way past `res.write`: what is on the wire, and what Node and the application see of it, is the same on both ways.
 */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import {
	eventually,
	openSocket,
	openStream,
	type Protocol,
	sizeOf,
	startServer,
	type TestServer,
	type TestSocket,
	type TestStream,
} from "@sse-service/testing";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSSEService, type SSEConnection, type SSEService } from "../src/index.js";

const REQUEST = ["GET / HTTP/1.1", "Host: 127.0.0.1"];

let server: TestServer | undefined;
let sse: SSEService;

beforeEach(() => {
	sse = createSSEService({ heartbeatIntervalMs: 0 });
});

afterEach(async () => {
	await sse.close();
	await server?.destroy();
});

async function serve(
	handler: (req: IncomingMessage, res: ServerResponse) => unknown,
	protocol?: Protocol,
): Promise<TestServer> {
	server = await startServer(handler, protocol);
	return server;
}

/** Opens a stream for each request, and gives its handle with its response. */
async function serveStreams(): Promise<{ port: number; next(): Promise<SSEConnection> }> {
	const opened: SSEConnection[] = [];
	const { port } = await serve((req, res) => opened.push(sse.connect({ req, res }).connection));
	let taken = 0;
	return {
		port,
		next: async () => {
			await eventually(() => opened.length > taken, "a connection");
			return opened[taken++] as SSEConnection;
		},
	};
}

/** Connect with a bare socket, and wait for the first bytes. */
async function connect(port: number): Promise<TestSocket> {
	const client = await openSocket(port, REQUEST);
	await client.untilText(": open");
	return client;
}

/** Notes each single buffer that is written to the socket: a frame's chunk, where it does not go through the response. */
function watch(response: ServerResponse): readonly string[] {
	const direct: string[] = [];
	const { socket } = response;
	// The handle, because a wrapper around the socket's own `write` would be noticed.
	const handle = (socket as Socket & { _handle: { writeBuffer: unknown; writev: unknown } })
		._handle;
	const { writeBuffer } = handle as { writeBuffer(request: object, bytes: Buffer): number };
	handle.writeBuffer = (request: object, bytes: Buffer) => {
		direct.push(String(bytes));
		return writeBuffer.call(handle, request, bytes);
	};
	return direct;
}

function bodyOf(text: string): string {
	return text.slice(text.indexOf("\r\n\r\n") + 4);
}

function responseOf(connection: SSEConnection): ServerResponse {
	return connection.response as unknown as ServerResponse;
}

// From Node 26 on, a response holds what `res.write` is given until the end of the tick. Frames overtook the head of the response.
describe("a burst in the tick in which the response is written to", () => {
	it("comes after the head of the stream", async () => {
		sse = createSSEService({ heartbeatIntervalMs: 0, maxBufferedBytes: 4_096 });
		const { port } = await serve((req, res) => {
			const { connection } = sse.connect({ req, res });
			for (let i = 0; i < 10; i++) connection.send("x".repeat(1_000), { id: i });
		});
		const client = await openSocket(port, REQUEST);
		await client.untilText("id: 9");
		expect(client.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
		expect(client.text.match(/: open|id: \d/g)).toEqual([
			": open",
			...Array.from({ length: 10 }, (_, i) => `id: ${i}`),
		]);
	});

	it("comes after what the application has written", async () => {
		sse = createSSEService({ heartbeatIntervalMs: 0, maxBufferedBytes: 4_096 });
		const { port, next } = await serveStreams();
		const client = await connect(port);
		const connection = await next();
		connection.response.write(": own\n\n");
		for (let i = 0; i < 10; i++) connection.send("x".repeat(1_000), { id: i });
		await client.untilText("id: 9");
		expect(client.text.match(/: own|id: \d/g)?.slice(0, 2)).toEqual([": own", "id: 0"]);
		client.abort();
	});
});

describe("a frame", () => {
	it("leaves as one chunk, in one write to the socket", async () => {
		const { port, next } = await serveStreams();
		const client = await connect(port);
		const connection = await next();
		const direct = watch(responseOf(connection));
		sse.send("all", "ä");
		sse.send("all", "b");
		await client.untilText("b\n\n");
		expect(direct).toEqual(["13\r\ndata: ä\n\ndata: b\n\n\r\n"]);
	});

	it.each<[string, (response: ServerResponse) => void]>([
		["res.write", (res) => wrap(res, "write")],
		["res.end", (res) => wrap(res, "end")],
	])(
		"goes through the response once %s is wrapped, in the middle of a stream too",
		async (_what, wrapIt) => {
			const { port, next } = await serveStreams();
			const client = await connect(port);
			const connection = await next();
			const direct = watch(responseOf(connection));
			connection.send("before");
			await client.untilText("before");
			wrapIt(responseOf(connection));
			connection.send("behind");
			await client.untilText("behind");
			expect(direct).toEqual(["e\r\ndata: before\n\n\r\n"]);
			expect(bodyOf(client.text)).toBe(
				"7\r\n: open\n\r\ne\r\ndata: before\n\n\r\ne\r\ndata: behind\n\n\r\n",
			);
		},
	);

	it.each<[string, (response: ServerResponse) => void]>([
		["res.write", (res) => wrap(res, "write")],
		["res.end", (res) => wrap(res, "end")],
		["the socket's write", (res) => wrap(res.socket as Socket, "write")],
	])("goes through the response where %s is wrapped", async (_what, wrapIt) => {
		const opened: SSEConnection[] = [];
		const { port } = await serve((req, res) => {
			wrapIt(res);
			opened.push(sse.connect({ req, res }).connection);
		});
		const client = await connect(port);
		const direct = watch(responseOf(opened[0] as SSEConnection));
		sse.send("all", "wrapped");
		await client.untilText("wrapped");
		expect(direct).toEqual([]);
		expect(bodyOf(client.text)).toBe("7\r\n: open\n\r\nf\r\ndata: wrapped\n\n\r\n");
	});
});

/** Puts a wrapper on the object itself, as middleware does. */
function wrap<Name extends string>(object: { [_ in Name]: unknown }, name: Name): void {
	const original = object[name] as (...args: unknown[]) => unknown;
	object[name] = function (this: unknown, ...args: unknown[]) {
		return original.apply(this, args);
	};
}

describe("what Node counts", () => {
	it("bytesWritten, writableLength and 'finish' are as if the response had been written to directly", async () => {
		const { port, next } = await serveStreams();
		const client = await connect(port);
		const connection = await next();
		const response = responseOf(connection);
		const socket = response.socket as Socket;
		const before = socket.bytesWritten;
		connection.send("counted");
		await client.untilText("counted");
		expect(socket.bytesWritten - before).toBe(Buffer.byteLength("f\r\ndata: counted\n\n\r\n"));
		expect(response.writableLength).toBe(0);

		client.socket.pause();
		while (connection.bufferedBytes === 0) {
			connection.send("x".repeat(100_000));
			await new Promise((resolve) => setImmediate(resolve));
		}
		expect(response.writableLength).toBe(socket.writableLength);
		expect(connection.bufferedBytes).toBeGreaterThanOrEqual(response.writableLength);
		const finished = once(response, "finish");
		client.socket.resume();
		connection.close();
		await finished;
		expect(response.writableFinished).toBe(true);
	});

	it("a blocked reader continues at the socket's 'drain', and no listener is left", async () => {
		const { port, next } = await serveStreams();
		const client = await connect(port);
		const connection = await next();
		const socket = responseOf(connection).socket as Socket;
		const listeners = socket.listenerCount("drain");
		client.socket.pause();
		let sent = 0;
		while (connection.bufferedBytes < 300_000) {
			connection.send("y".repeat(50_000), { id: sent++ });
			await new Promise((resolve) => setImmediate(resolve));
		}
		expect(socket.listenerCount("drain")).toBe(listeners + 1);
		client.socket.resume();
		await client.untilText(`id: ${sent - 1}\n`);
		await eventually(() => connection.bufferedBytes === 0);
		expect(socket.listenerCount("drain")).toBe(listeners);
	});

	it("a stream that ends while it is blocked leaves no listener on a socket that is kept alive", async () => {
		// However long a busy machine takes to read the rest.
		sse = createSSEService({ heartbeatIntervalMs: 0, closeTimeoutMs: 600_000 });
		const { port, next } = await serveStreams();
		const client = await connect(port);
		const connection = await next();
		const socket = responseOf(connection).socket as Socket;
		const listeners = socket.listenerCount("drain");
		client.socket.pause();
		while (connection.bufferedBytes < 300_000) {
			connection.send("z".repeat(50_000));
			await new Promise((resolve) => setImmediate(resolve));
		}
		connection.close();
		client.socket.resume();
		await client.untilText("\r\n0\r\n\r\n");
		await eventually(() => sse.stats().connections === 0);
		client.socket.write(`${REQUEST.join("\r\n")}\r\n\r\n`);
		const again = await next();
		expect(responseOf(again).socket).toBe(socket);
		expect(socket.listenerCount("drain")).toBe(listeners);
	});
});

describe("what the application writes itself", () => {
	it("goes between whole frames, in the order of the calls", async () => {
		const { port, next } = await serveStreams();
		const client = await connect(port);
		const connection = await next();
		const response = responseOf(connection);
		for (let turn = 0; turn < 20; turn++) {
			connection.send(`frame ${turn}`);
			await new Promise((resolve) => setImmediate(resolve));
			response.write(`: by hand ${turn}\n`);
		}
		connection.send("last");
		await client.untilText("last");
		const body = bodyOf(client.text).replace(/[0-9a-f]+\r\n([^\r]*)\r\n/g, "$1");
		const expected = Array.from(
			{ length: 20 },
			(_, turn) => `data: frame ${turn}\n\n: by hand ${turn}\n`,
		);
		expect(body).toBe(`: open\n${expected.join("")}data: last\n\n`);
	});

	it("goes between whole frames even if it was corked", async () => {
		const { port, next } = await serveStreams();
		const client = await connect(port);
		const connection = await next();
		const response = responseOf(connection);
		response.cork();
		response.write(": corked\n");
		connection.send("frame");
		await new Promise((resolve) => setImmediate(resolve));
		response.write(": corked too\n");
		response.uncork();
		await client.untilText("corked too");
		await client.untilText("frame");
		const body = bodyOf(client.text).replace(/[0-9a-f]+\r\n([^\r]*)\r\n/g, "$1");
		expect(body.split("data: frame\n\n").join("")).toBe(": open\n: corked\n: corked too\n");
	});

	it("so does an end: what is sent after it in the same tick is not written, not even to the socket's next response", async () => {
		const { port, next } = await serveStreams();
		const client = await connect(port);
		const connection = await next();
		connection.send("overtaken by the end");
		responseOf(connection).end();
		expect(sse.send("all", "too late")).toBe(0);
		await client.untilText("\r\n0\r\n\r\n");
		client.socket.write(`${REQUEST.join("\r\n")}\r\n\r\n`);
		(await next()).send("next");
		await client.untilText("next");
		expect(bodyOf(client.text)).toMatch(/^7\r\n: open\n\r\n0\r\n\r\nHTTP\/1\.1 200/);
		expect(client.text).not.toMatch(/overtaken|too late/);
	});
});

describe("on a socket that is used again", () => {
	it("the next request's stream comes after the end of the previous one, whose late frames are discarded", async () => {
		const { port, next } = await serveStreams();
		const client = await connect(port);
		const first = await next();
		first.send("one");
		first.close();
		expect(first.send("too late")).toBe(0);
		await client.untilText("\r\n0\r\n\r\n");
		client.socket.write(`${REQUEST.join("\r\n")}\r\n\r\n`);
		const second = await next();
		second.send("two");
		await client.untilText("two");
		expect(client.text).not.toContain("too late");
		expect(client.text.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
	});

	it("a stream requested behind another response gets its frames when its turn comes", async () => {
		let release = (): void => {};
		const opened: SSEConnection[] = [];
		const { port } = await serve((req, res) => {
			if (req.url === "/slow") release = () => res.end("first");
			else opened.push(sse.connect({ req, res }).connection);
		});
		const client = await openSocket(port, ["GET /slow HTTP/1.1", "Host: x", "", ...REQUEST]);
		await eventually(() => opened.length === 1, "a connection");
		opened[0]?.send("second");
		expect(client.text).toBe("");
		release();
		await client.untilText("second");
		opened[0]?.send("more");
		await client.untilText("more");
		expect(client.text.indexOf("first")).toBeLessThan(client.text.indexOf("second"));
	});
});

describe("in the middle of a broadcast", () => {
	it.each<[string, Protocol]>([
		["http", "http"],
		["https", "https"],
	])(
		"a socket destroyed by a callback affects no other connection (%s)",
		async (_name, protocol) => {
			const all: SSEConnection[] = [];
			const { url } = await serve(
				(req, res) => all.push(sse.connect({ req, res }).connection),
				protocol,
			);
			const streams: TestStream[] = [];
			for (let i = 0; i < 50; i++) streams.push(await openStream(url));
			all[10]?.signal.addEventListener("abort", () => {
				for (const victim of all.slice(20, 30)) responseOf(victim).socket?.destroy();
			});
			sse.send("all", "one");
			all[10]?.close();
			sse.send("all", "two");
			const others = streams.filter((_, i) => i !== 10 && (i < 20 || i >= 30));
			for (const stream of others) {
				expect(await stream.take(2)).toEqual([{ data: "one" }, { data: "two" }]);
			}
			await eventually(() => sse.stats().connections === 39);
		},
	);

	it("one that is sent from onDisconnectCb comes after it, for everyone", async () => {
		const all: SSEConnection[] = [];
		const { url } = await serve((req, res) =>
			all.push(
				sse.connect({
					req,
					res,
					onDisconnectCb: () => sse.send("all", "somebody left"),
				}).connection,
			),
		);
		const streams: TestStream[] = [];
		for (let i = 0; i < 30; i++) streams.push(await openStream(url));
		sse.send("all", "before");
		all[0]?.close();
		sse.send("all", "after");
		for (const stream of streams.slice(1)) {
			const data = (await stream.take(3)).map((event) => event.data);
			expect(data).toEqual(["before", "after", "somebody left"]);
		}
	});
});

describe("over generated sequences of sends, joins, slow reads and closes", () => {
	type Step =
		| { readonly kind: "send"; readonly to: "all" | "a" | "b"; readonly size: number }
		| { readonly kind: "join" | "leave" | "close" | "pause" | "resume"; readonly who: number }
		| { readonly kind: "turn" };

	const READERS = 3;
	const who = fc.nat({ max: READERS - 1 });
	const step: fc.Arbitrary<Step> = fc.oneof(
		{
			weight: 6,
			arbitrary: fc.record({
				kind: fc.constant("send" as const),
				to: fc.constantFrom("all" as const, "a" as const, "b" as const),
				size: fc.oneof(fc.nat({ max: 200 }), fc.nat({ max: 70_000 })),
			}),
		},
		{
			weight: 4,
			arbitrary: fc.record({
				kind: fc.constantFrom("join", "leave", "pause", "resume"),
				who,
			}) as fc.Arbitrary<Step>,
		},
		{ weight: 1, arbitrary: fc.record({ kind: fc.constant("close" as const), who }) },
		{ weight: 3, arbitrary: fc.constant<Step>({ kind: "turn" }) },
	);

	/** What each reader's body was, without HTTP's framing: how Node cuts it into chunks is Node's own. */
	async function play(steps: readonly Step[], isWrapped: boolean): Promise<string[]> {
		const service = createSSEService({
			heartbeatIntervalMs: 0,
			maxBufferedBytes: 64 * 1024 * 1024,
		});
		const connections: SSEConnection[] = [];
		const { url, destroy } = await startServer((req, res) => {
			if (isWrapped) wrap(res, "write");
			connections.push(service.connect({ req, res, groups: ["a"] }).connection);
		});
		try {
			const streams: TestStream[] = [];
			for (let i = 0; i < READERS; i++) streams.push(await openStream(url));
			let sent = 0;
			for (const each of steps) {
				switch (each.kind) {
					case "send": {
						const target = each.to === "all" ? each.to : { group: each.to };
						service.send(target, `${sent}: ${"x".repeat(each.size)}`, { id: sent++ });
						break;
					}
					case "turn":
						await new Promise((resolve) => setImmediate(resolve));
						break;
					case "join":
					case "leave":
						service[each.kind]({ connection: connections[each.who] as SSEConnection }, "b");
						break;
					case "close":
						connections[each.who]?.close();
						break;
					default:
						streams[each.who]?.[each.kind]();
				}
			}
			for (const stream of streams) stream.resume();
			await service.close();
			expect(await Promise.all(streams.map(({ ended }) => ended))).not.toContain(false);
			return streams.map(({ text }) => text);
		} finally {
			await service.close();
			await destroy();
		}
	}

	it("both ways write the same bytes", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
				expect(await play(steps, false)).toEqual(await play(steps, true));
			}),
			// A long run looks for what few of them reach.
			{ numRuns: sizeOf({ usual: 15, long: 300 }) },
		);
	});
});

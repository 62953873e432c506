/**
 * A service of one's own: targets, groups, clients, callbacks and figures.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import http2 from "node:http2";
import {
	collectComplaints,
	eventually,
	openSocket,
	openStream,
	startServer,
	type TestServer,
	type TestStream,
} from "@sse-service/testing";
import { afterEach, describe, expect, it } from "vitest";
import {
	createSSEService,
	type SSEService,
	type SSEServiceOptions,
	type Target,
} from "../src/index.js";
import { type Serving, startService } from "./serving.js";

let server: TestServer;
let sse: SSEService;

afterEach(async () => {
	await sse.close();
	await server.close();
});

/** Starts a service. @returns a function that connects a client to it */
async function serve(options?: SSEServiceOptions): Promise<Serving["open"]> {
	const serving = await startService(options);
	({ sse, server } = serving);
	return serving.open;
}

function code(expected: string): unknown {
	return expect.objectContaining({ code: expected });
}

describe("send", () => {
	it("reaches exactly those a target names", async () => {
		const open = await serve();
		const people = {
			ada1: await open({ clientId: "ada", groups: ["red", "blue"] }),
			ada2: await open({ clientId: "ada", groups: ["red"] }),
			bob: await open({ clientId: "bob", groups: ["blue"] }),
			eve: await open({ clientId: "eve" }),
			zoe: await open({ clientId: "zoe", groups: [] }),
		};
		type Name = keyof typeof people;
		const cases: [Target, Name[]][] = [
			["all", ["ada1", "ada2", "bob", "eve", "zoe"]],
			[{ all: true }, ["ada1", "ada2", "bob", "eve", "zoe"]],
			[{ all: true, except: { client: "ada" } }, ["bob", "eve", "zoe"]],
			[
				{ all: true, except: { connection: people.ada1.connection } },
				["ada2", "bob", "eve", "zoe"],
			],
			[{ group: "red" }, ["ada1", "ada2"]],
			[{ group: "blue" }, ["ada1", "bob"]],
			[{ group: "blue", except: { client: "bob" } }, ["ada1"]],
			[{ group: "red", except: { connection: people.ada2.connection.response } }, ["ada1"]],
			[{ group: "default" }, ["eve"]],
			[{ group: "nobody" }, []],
			[{ client: "ada" }, ["ada1", "ada2"]],
			[{ client: "ada", group: "blue" }, ["ada1"]],
			[{ client: "ada", group: undefined }, ["ada1", "ada2"]],
			[{ client: "ada", except: { connection: people.ada1.connection } }, ["ada2"]],
			[{ client: "zoe" }, ["zoe"]],
			[{ client: "nobody" }, []],
			[{ connection: people.bob.connection }, ["bob"]],
			[{ connection: people.bob.connection.response }, ["bob"]],
		];
		for (const [index, [target, names]] of cases.entries()) {
			expect(sse.send(target, String(index)), JSON.stringify(names)).toBe(names.length);
		}
		sse.send("all", "end");
		for (const [name, { stream }] of Object.entries(people)) {
			await stream.until(() => stream.events.at(-1)?.data === "end");
			const expected = cases.flatMap(([, names], index) =>
				names.includes(name as Name) ? [String(index)] : [],
			);
			expect(stream.events.map(({ data }) => data)).toEqual([...expected, "end"]);
		}
	});

	it.each([
		["a bare name", "ada", "ERR_SSE_INVALID_TARGET"],
		["nothing", undefined, "ERR_SSE_INVALID_TARGET"],
		["an empty object", {}, "ERR_SSE_INVALID_TARGET"],
		["a client that is undefined", { client: undefined }, "ERR_SSE_INVALID_CLIENT_ID"],
		["a group that is undefined", { group: undefined }, "ERR_SSE_INVALID_GROUP"],
		["a client id that is a number", { client: 7 }, "ERR_SSE_INVALID_CLIENT_ID"],
		["an unknown key", { room: "x" }, "ERR_SSE_INVALID_TARGET"],
		["a key too many", { client: "ada", all: true }, "ERR_SSE_INVALID_TARGET"],
		["all that is not true", { all: false }, "ERR_SSE_INVALID_TARGET"],
		["an except that is a string", { all: true, except: "ada" }, "ERR_SSE_INVALID_TARGET"],
		[
			"an except of an undefined client",
			{ all: true, except: { client: undefined } },
			"ERR_SSE_INVALID_CLIENT_ID",
		],
		[
			"an except with an except",
			{ all: true, except: { client: "b", except: 5 } },
			"ERR_SSE_INVALID_TARGET",
		],
		["an except of a group", { all: true, except: { group: "g" } }, "ERR_SSE_INVALID_TARGET"],
		["a connection that is a string", { connection: "c" }, "ERR_SSE_INVALID_TARGET"],
	])("refuses a target that is %s, and sends nothing", async (_name, target, expected) => {
		const open = await serve();
		const { stream } = await open({ clientId: "ada" });
		expect(() => sse.send(target as Target, "x")).toThrowError(code(expected) as Error);
		sse.send("all", "end");
		expect(await stream.take(1)).toEqual([{ data: "end" }]);
	});

	// send ignored the except, disconnect obeyed it.
	it("refuses a connection with an except, as every other key too many", async () => {
		const { connection, stream } = await (await serve())({ clientId: "ada" });
		const target = { connection, except: { client: "bob" } } as Target;
		const refused = code("ERR_SSE_INVALID_TARGET") as Error;
		expect(() => sse.send(target, "x")).toThrowError(refused);
		expect(() => sse.disconnect(target)).toThrowError(refused);
		expect(sse.send({ connection, except: undefined } as Target, "end")).toBe(1);
		expect(await stream.take(1)).toEqual([{ data: "end" }]);
	});

	it.each([
		["a connection that carries no response", { connection: {} }],
		["the whole result of connect", { connection: { client: {}, connection: {} } }],
	])("refuses %s", async (_name, target) => {
		await serve();
		expect(() => sse.send(target as Target, "x")).toThrowError(
			code("ERR_SSE_INVALID_TARGET") as Error,
		);
	});

	it("refuses an unknown option: a group named there must not become everyone", async () => {
		const open = await serve();
		const { stream } = await open();
		expect(() => sse.send("all", "secret", { group: "room" } as object)).toThrowError(
			code("ERR_SSE_INVALID_OPTION") as Error,
		);
		sse.send("all", "end");
		expect(await stream.take(1)).toEqual([{ data: "end" }]);
	});

	// With a key it took out the event that waited, and was then skipped itself: the client had neither.
	it.each([{ key: "a" }, { ttlMs: 5 }])("refuses %j with volatile", async (options) => {
		await serve();
		expect(() => sse.send("all", "x", { ...options, volatile: true })).toThrowError(
			code("ERR_SSE_INVALID_OPTION") as Error,
		);
	});

	it("refuses options that are not an object", async () => {
		await serve();
		expect(() => sse.send("all", "x", "tick" as never)).toThrowError(
			code("ERR_SSE_INVALID_OPTION") as Error,
		);
	});

	it("keeps the order of sending on each connection, whatever the targets", async () => {
		const open = await serve();
		const { connection, stream } = await open({ clientId: "ada", groups: ["g"] });
		const expected: string[] = [];
		for (let i = 0; i < 200; i++) {
			const targets: Target[] = ["all", { group: "g" }, { client: "ada" }, { connection }];
			sse.send(targets[i % 4] as Target, String(i));
			expected.push(String(i));
			if (i % 50 === 0) await stream.until(() => stream.events.length > i);
		}
		expect((await stream.take(200)).map(({ data }) => data)).toEqual(expected);
	});

	it("serializes a message once, however many connections it is for", async () => {
		const open = await serve();
		const all = await Promise.all(Array.from({ length: 20 }, () => open()));
		let calls = 0;
		const message = { toJSON: () => ({ calls: ++calls }) };
		expect(sse.send("all", message)).toBe(20);
		for (const { stream } of all) expect(await stream.take(1)).toEqual([{ data: '{"calls":1}' }]);
		expect(calls).toBe(1);
	});
});

describe("groups", () => {
	it("a client, or one of its connections, joins and leaves while it is open", async () => {
		const open = await serve();
		const one = await open({ clientId: "ada" });
		const two = await open({ clientId: "ada" });
		expect(sse.join({ client: "ada" }, "news")).toBe(2);
		expect(sse.join({ connection: two.connection }, ["news", "sport"])).toBe(1);
		expect(sse.join({ client: "nobody" }, "news")).toBe(0);
		expect(one.connection.groups).toEqual(["default", "news"]);
		expect(two.connection.groups).toEqual(["default", "news", "sport"]);
		expect(sse.send({ group: "news" }, "n")).toBe(2);
		expect(sse.send({ group: "sport" }, "s")).toBe(1);
		expect(sse.leave({ connection: two.connection }, "news")).toBe(1);
		expect(sse.leave({ client: "ada" }, "default")).toBe(2);
		expect(sse.leave({ client: "ada" }, "never joined")).toBe(0);
		expect(sse.send({ group: "news" }, "n2")).toBe(1);
		expect(sse.send({ group: "default" }, "d")).toBe(0);
		expect(two.connection.groups).toEqual(["sport"]);
		expect(sse.send("all", "end")).toBe(2);
	});

	it("are listed with their sizes, and gone when the last connection leaves", async () => {
		const open = await serve();
		const one = await open({ clientId: "ada", groups: ["a", "b"] });
		await open({ clientId: "ada", groups: ["b"] });
		await open({ clientId: "bob", groups: ["b"] });
		expect(sse.getGroups()).toEqual([
			{ name: "a", connections: 1, clients: 1 },
			{ name: "b", connections: 3, clients: 2 },
		]);
		sse.leave({ group: "b" }, "b");
		expect(sse.getGroups()).toEqual([{ name: "a", connections: 1, clients: 1 }]);
		one.connection.close();
		expect(sse.getGroups()).toEqual([]);
	});

	it("groupName and groups combine, and a repeated group counts once", async () => {
		const open = await serve();
		const { connection } = await open({ groupName: "a", groups: ["b", "a", "b"] });
		expect(connection.groups).toEqual(["a", "b"]);
		expect((await open({ groupName: "a", groups: "xyz" as never })).connection.groups).toEqual([
			"a",
			"xyz",
		]);
		expect(sse.send({ group: "b" }, "once")).toBe(1);
	});

	// A real service of the field kept groups in objects and wrote clients into Object.prototype.
	it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])(
		"%s is a name like any other",
		async (name) => {
			const open = await serve();
			const { connection, stream } = await open({ clientId: name, groups: [name] });
			expect(sse.send({ client: name, group: name }, "hi", { event: name })).toBe(1);
			expect(await stream.take(1)).toEqual([{ data: "hi", event: name }]);
			expect(sse.getClient(name, name)?.clientId).toBe(name);
			expect(sse.getGroups()).toEqual([{ name, connections: 1, clients: 1 }]);
			sse.disconnect({ connection }, name);
			expect(Object.keys(sse.stats().closes)).toEqual([name]);
			expect(Object.keys(Object.prototype)).toEqual([]);
			expect(sse.getClient(name)).toBeUndefined();
		},
	);

	it.each([[""], [7], [undefined], [["a", ""]], ["x".repeat(257)]])(
		"refuses %j as a group",
		async (name) => {
			const open = await serve();
			await open({ clientId: "ada" });
			expect(() => sse.join("all", name as string)).toThrowError(
				code("ERR_SSE_INVALID_GROUP") as Error,
			);
			expect(sse.getGroups()).toEqual([{ name: "default", connections: 1, clients: 1 }]);
		},
	);
});

describe("disconnect", () => {
	it("ends the target's streams in an orderly way, what was sent to them first", async () => {
		const open = await serve();
		const ada = await open({ clientId: "ada" });
		const bob = await open({ clientId: "bob" });
		sse.send("all", "bye");
		expect(sse.disconnect({ client: "ada" }, "banned")).toBe(1);
		expect(await ada.stream.ended).toBe(true);
		expect(ada.stream.events).toEqual([{ data: "bye" }]);
		expect(ada.connection.closed).toBe(true);
		expect(ada.connection.closeReason).toBe("banned");
		expect(sse.disconnect({ client: "ada" })).toBe(0);
		expect(bob.connection.closed).toBe(false);
		expect(sse.stats().closes).toEqual({ banned: 1 });
	});

	it("refuses a reason that is not a text", async () => {
		await serve();
		expect(() => sse.disconnect("all", "")).toThrowError(code("ERR_SSE_INVALID_REASON") as Error);
	});
});

describe("callbacks", () => {
	it("onConnect can be the first to send; onDisconnect reports who left and why", async () => {
		const told: unknown[] = [];
		const open = await serve({
			onConnect: ({ client, connection }) => connection.send(`hello ${client.clientId}`),
			onDisconnect: ({ client, connection, reason }) =>
				told.push([
					client.clientId,
					client.meta,
					client.connections.length,
					connection.closed,
					reason,
				]),
		});
		const { stream } = await open({ clientId: "ada", meta: { n: 1 } });
		expect(await stream.take(1)).toEqual([{ data: "hello ada" }]);
		stream.abort();
		await eventually(() => told.length > 0);
		expect(told).toEqual([["ada", { n: 1 }, 0, true, "client"]]);
	});

	it("their errors and rejections go to onError, and break nothing", async () => {
		const errors: unknown[] = [];
		const open = await serve({
			onConnect: () => {
				throw new Error("in onConnect");
			},
			onDisconnect: async () => {
				throw new Error("in onDisconnect");
			},
			onError: (error, { stage }) => {
				errors.push([stage, (error as Error).message]);
				throw new Error("in onError");
			},
		});
		const one = await open({
			onDisconnectCb: () => {
				throw new Error("in onDisconnectCb");
			},
		});
		const two = await open();
		sse.disconnect({ connection: one.connection });
		await one.stream.ended;
		expect(sse.send("all", "still here")).toBe(1);
		expect(await two.stream.take(1)).toEqual([{ data: "still here" }]);
		expect(errors).toEqual([
			["onConnect", "in onConnect"],
			["onConnect", "in onConnect"],
			["onDisconnectCb", "in onDisconnectCb"],
			["onDisconnect", "in onDisconnect"],
		]);
		expect(sse.stats().errors).toBe(4);
	});

	it("none of their rejections escapes, whatever kind of promise it is", async () => {
		const errors: string[] = [];
		const thenable = (text: string): PromiseLike<never> => ({
			// biome-ignore lint/suspicious/noThenProperty: the test needs another kind of promise.
			then: (_resolve, reject) => reject?.(new Error(text)) as never,
		});
		const escaped = collectComplaints("unhandledRejection");
		const open = await serve({
			onConnect: () => thenable("thenable"),
			onDisconnect: () => Promise.reject(new Error("promise")),
			onError: async (error) => {
				errors.push((error as Error).message);
				throw new Error("in onError");
			},
		});
		const { stream } = await open();
		sse.disconnect("all");
		await stream.ended;
		await new Promise((resolve) => setImmediate(resolve));
		expect(escaped.stop()).toEqual([]);
		expect(errors).toEqual(["thenable", "promise"]);
	});

	it("onError is called for a broken stream when it is closed, outside the fan-out", async () => {
		const sent: number[] = [];
		const open = await serve({ onError: () => sent.push(sse.send("all", "again")) });
		const broken = await open();
		const { stream } = await open();
		broken.connection.response.write = () => {
			throw new Error("broken");
		};
		sse.send("all", "x".repeat(100_000));
		await stream.take(2);
		expect(sent).toEqual([1]);
	});

	it("an event sent from onDisconnectCb cannot overtake the one whose fan-out closed the connection", async () => {
		const open = await serve({ maxBufferedBytes: 100_000 });
		const received: TestStream[] = [(await open()).stream];
		const slow = await open({ onDisconnectCb: () => sse.send("all", "from callback") });
		received.push((await open()).stream);
		slow.stream.pause();
		const big = "x".repeat(90_000);
		let sent = 0;
		while (!slow.connection.closed) {
			sse.send("all", big);
			sent++;
			await received[0]?.take(sent);
			await received[1]?.take(sent);
		}
		expect(slow.connection.closeReason).toBe("slow");
		for (const stream of received) {
			await stream.take(sent + 1);
			expect(stream.events.map(({ data }) => data === "from callback")).toEqual([
				...Array(sent).fill(false),
				true,
			]);
		}
	});

	// That the application has ended a response itself is seen within the fan-out, and its signal was aborted there.
	it("nor can one that is sent when a signal is aborted", async () => {
		const open = await serve();
		const { connection } = await open();
		const { stream } = await open();
		connection.signal.addEventListener("abort", () => sse.send("all", "from the signal"));
		connection.response.end();
		expect(sse.send("all", "from the application")).toBe(1);
		expect(await stream.take(2)).toEqual([
			{ data: "from the application" },
			{ data: "from the signal" },
		]);
	});

	// A flush serves many connections, and runs in the context of the first one that requested it: `recover` saw that it was
	// in the request of another client.
	it("run in the AsyncLocalStorage context of their connect", async () => {
		const storage = new AsyncLocalStorage<string>();
		const contexts: string[] = [];
		const note = (what: string): void => {
			contexts.push(`${what} in ${storage.getStore()}`);
		};
		const waiting: (() => void)[] = [];
		sse = createSSEService({
			history: true,
			onConnect: ({ client: { clientId } }) => note(`onConnect of ${clientId}`),
			async *recover({ client: { clientId } }) {
				note(`recover of ${clientId}`);
				yield { data: "recovered" };
			},
		});
		server = await startServer((req, res) => {
			const clientId = req.url?.slice(1) ?? "";
			const connect = (): void => {
				const onDisconnectCb = (): void => note(`onDisconnectCb of ${clientId}`);
				sse.connect({ req, res, clientId, onDisconnectCb });
			};
			waiting.push(() => storage.run(clientId, connect));
			// Both in one turn.
			if (waiting.length === 2) for (const each of waiting) each();
		});
		const headers = { "last-event-id": "none of ours" };
		const streams = await Promise.all(
			["ada", "bob"].map((id) => openStream(`${server.url}/${id}`, { headers })),
		);
		for (const stream of streams) await stream.take(1);
		storage.run("another request", () => sse.disconnect("all"));
		for (const stream of streams) await stream.ended;
		for (const id of ["ada", "bob"]) {
			for (const what of ["onConnect", "recover", "onDisconnectCb"]) {
				expect(contexts).toContain(`${what} of ${id} in ${id}`);
			}
		}
		expect(contexts).toHaveLength(6);
	});
});

describe("stats", () => {
	it("counts what is open now, and what was sent and closed since the start", async () => {
		const open = await serve();
		const { stream } = await open({ clientId: "ada", groups: ["a", "b"] });
		await open({ clientId: "ada" });
		sse.send("all", "four");
		await stream.take(1);
		sse.disconnect({ group: "a" });
		await stream.ended;
		expect(sse.stats()).toEqual({
			connections: 1,
			clients: 1,
			groups: 1,
			connectionsOpened: 2,
			eventsSent: 2,
			bytesSent: 2 * (": open\n".length + "data: four\n\n".length),
			errors: 0,
			drops: {},
			closes: { server: 1 },
			resumes: {},
			history: undefined,
		});
	});

	it("counts the application's own close reasons up to a number, then together", async () => {
		const open = await serve();
		for (let i = 0; i < 70; i++) (await open()).connection.close(`reason ${i}`);
		const { closes } = sse.stats();
		expect(Object.keys(closes)).toHaveLength(65);
		expect(closes.other).toBe(6);
	});
});

describe("close", () => {
	it("ends every stream, what was sent first, frees the port, and refuses new connections", async () => {
		const refused: unknown[] = [];
		sse = createSSEService();
		server = await startServer((req, res) => {
			try {
				sse.connect({ req, res });
			} catch (error) {
				refused.push(error);
				res.statusCode = (error as { statusCode: number }).statusCode;
				res.end();
			}
		});
		const streams = await Promise.all(Array.from({ length: 50 }, () => openStream(server.url)));
		sse.send("all", "last words");
		const closing = sse.close();
		expect(sse.close()).toBe(closing);
		expect(sse.stats().connections).toBe(0);
		await closing;
		for (const stream of streams) {
			expect(await stream.ended).toBe(true);
			expect(stream.events).toEqual([{ data: "last words" }]);
		}
		expect(sse.stats().closes).toEqual({ shutdown: 50 });
		const late = await openStream(server.url);
		expect(late.status).toBe(503);
		expect(refused).toEqual([code("ERR_SSE_SERVICE_CLOSED")]);
		await server.close();
		expect(server.sockets.size).toBe(0);
	});

	it.each([
		["http", "before"],
		["http", "after"],
		["http2", "before"],
		["http2", "after"],
	] as const)(
		"over %s, ends clients' connections too, so that a server closed %s it has nothing to wait for",
		async (protocol, when) => {
			sse = createSSEService();
			server = await startServer((req, res) => {
				sse.connect({ req, res });
			}, protocol);
			// Clients that keep their connections, as browsers do.
			const clients = await Promise.all([1, 2, 3].map(() => openKept(server)));
			sse.send("all", "bye");
			const closed = when === "before" ? server.close() : undefined;
			await sse.close();
			await (closed ?? server.close());
			for (const { ended } of clients) expect(await ended).toContain("data: bye\n\n");
		},
	);

	it("ends the others when middleware throws in one's res.end", async () => {
		const errors: unknown[] = [];
		const open = await serve({
			onError: (error, { stage }) => errors.push([stage, (error as Error).message]),
		});
		const broken = await open();
		const { stream } = await open();
		broken.connection.response.end = () => {
			throw new Error("in end");
		};
		await sse.close();
		expect(await stream.ended).toBe(true);
		expect(broken.connection.signal.aborted).toBe(true);
		expect(errors).toEqual([["write", "in end"]]);
	});

	it("destroys what does not end within closeTimeoutMs", async () => {
		const open = await serve({ closeTimeoutMs: 50, maxBufferedBytes: 64 * 1024 * 1024 });
		const { stream } = await open();
		stream.pause();
		for (let i = 0; i < 16; i++) sse.send("all", "x".repeat(1024 * 1024));
		await sse.close();
		stream.resume();
		expect(await stream.ended).toBe(false);
	});
});

/** A client that would keep its connection for a next request; `ended` resolves, once that has ended, with what came. */
async function openKept({
	port,
	url,
	protocol,
}: TestServer): Promise<{ readonly ended: Promise<string> }> {
	if (protocol === "http") {
		const client = await openSocket(port, ["GET / HTTP/1.1", "Host: x"]);
		await client.untilText(": open");
		return { ended: client.closed.then(() => client.text) };
	}
	const session = http2.connect(url);
	const stream = session.request();
	let text = "";
	stream.setEncoding("utf8");
	stream.on("data", (chunk) => {
		text += chunk;
	});
	await once(stream, "response");
	return { ended: once(session, "close").then(() => text) };
}

describe("options", () => {
	it.each([
		[{ heartbeatInterval: 5 }],
		[{ heartbeatIntervalMs: -1 }],
		[{ heartbeatIntervalMs: "15000" }],
		[{ heartbeatIntervalMs: 2 ** 31 }],
		[{ maxBufferedBytes: 0 }],
		[{ maxConnections: 1.5 }],
		[{ slowPolicy: "drop" }],
		[{ commentForm: "none" }],
		[{ heartbeatEvent: "" }],
		[{ gapEvent: "a\rb", history: true }],
		[{ positionEvent: "\udc00", history: true }],
		[{ retryMs: -1 }],
		[{ onError: "log" }],
		[{ recoverTimeoutMs: 5 }],
		[{ recoverConcurrency: 5 }],
		[{ recoverWaitMs: 5 }],
		[{ maxCatchUpEvents: 5, history: true }],
		[{ recoverConcurrency: 0, history: true }],
		[{ gapEvent: "missed", history: false }],
		[{ __proto__: null, toString: 1 }],
		[null],
		[7],
	])("refuses %j", (options) => {
		expect(() => createSSEService(options as SSEServiceOptions)).toThrowError(
			code("ERR_SSE_INVALID_OPTION") as Error,
		);
	});

	it.each([
		[{ drainMs: -1 }, "The option drainMs must be an integer from 0 to 2147483647, got -1"],
		[{ retry: 1 }, 'Unknown option "retry"; did you mean retryMs?'],
		[{ maxConection: 1 }, 'Unknown option "maxConection"; did you mean maxConnections?'],
		[{ somethingElse: 1 }, 'Unknown option "somethingElse"'],
		[{ history: { maxAge: 1 } }, 'Unknown option "history.maxAge"; did you mean maxAgeMs?'],
		[
			{ history: { groups: { audit: { latest: 1 } } } },
			"The option history.groups.audit.latest must be true or false, got 1",
		],
		[{ history: { groups: { audit: 5 } } }, "history.groups.audit must be an object, got 5"],
		[
			{ history: { groups: { "job:*:state": {} } } },
			'The name of a group in history.groups must not be empty, and may have * only at its end, got "job:*:state"',
		],
		[
			{ history: { groups: { "": {} } } },
			'The name of a group in history.groups must not be empty, and may have * only at its end, got ""',
		],
	])("names what it refuses: %j", (options, message) => {
		expect(() => createSSEService(options as SSEServiceOptions)).toThrowError(
			expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION", message }),
		);
	});

	it("takes a heartbeatEvent of any length: the limit is for those of send", () => {
		const options = { heartbeatEvent: "heartbeat", maxEventTypeLength: 5 };
		expect(() => createSSEService(options)).not.toThrow();
	});

	it("refuses options that need history, and names them", () => {
		expect(() => createSSEService({ recover: () => [] })).toThrowError(
			expect.objectContaining({
				code: "ERR_SSE_INVALID_OPTION",
				message: "The option recover needs the option history",
			}),
		);
	});

	it("treats undefined as omitted, and Infinity as no limit", () => {
		expect(() =>
			createSSEService({
				retryMs: undefined,
				recover: undefined,
				maxConnections: Number.POSITIVE_INFINITY,
			}),
		).not.toThrow();
	});
});

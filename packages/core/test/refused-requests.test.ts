/**
 * What a request can carry into the documented functions of 1.x, whose callers catch nothing: the handlers here neither, so that
 * what one threw would be an uncaught error.
 */
import {
	eventually,
	openSocket,
	openStream,
	startServer,
	type TestServer,
	type TestStream,
} from "@sse-service/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as sse from "../src/index.js";

const LONG = "x".repeat(300);

let server: TestServer;
let reported: { code: string; stage: string }[];

beforeEach(() => {
	// As in a process that has just begun.
	Reflect.deleteProperty(globalThis, Symbol.for("sse-service.default.v1"));
	reported = [];
	sse.getDefaultService({
		maxConnections: 3,
		maxConnectionsPerClient: 1,
		maxConnectionsPerKey: 1,
		maxGroupsPerConnection: 2,
		history: true,
		onError: (error, { stage }) => reported.push({ code: (error as sse.SSEError).code, stage }),
	});
});

afterEach(async () => {
	await sse.getDefaultService().close();
	await server?.destroy();
});

type Query = Record<string, string | string[]>;

/** As frameworks parse it: a name that comes twice is an array. */
function queryOf(url = ""): Query {
	const query: Query = {};
	for (const [name, value] of new URLSearchParams(url.split("?")[1])) {
		const before = query[name];
		query[name] = before === undefined ? value : [before, value].flat();
	}
	return query;
}

function paramsOf({ user, group, groups, key, meta, since, expires }: Query) {
	return {
		clientId: user,
		groupName: group,
		groups: groups === undefined ? groups : String(groups).split(","),
		limitKey: key,
		meta: meta === undefined ? meta : JSON.parse(String(meta)),
		since,
		expiresAt: expires === undefined ? expires : Number(expires) * 1_000,
	} as Partial<sse.ConnectParams>;
}

describe.each(["http", "http2"] as const)("connectSSE over %s", (protocol) => {
	let results: sse.ConnectResult[];
	const left: string[] = [];

	beforeEach(async () => {
		results = [];
		left.length = 0;
		server = await startServer((req, res) => {
			res.setHeader("X-Before", "1");
			const result = sse.connectSSE({
				req,
				res,
				originalResHeaders: {
					...res.getHeaders(),
					"Access-Control-Allow-Origin": "https://a.example",
					"Content-Length": "7",
				},
				onDisconnectCb: ({ reason, error }) =>
					left.push(`${reason} ${(error as sse.SSEError | undefined)?.code}`),
				...paramsOf(queryOf(req.url)),
			});
			results.push(result);
			// As to a stream: 1.x gave the response, and programs write to it.
			if (req.url?.endsWith("&write")) result.currConnection.write(": on\n");
		}, protocol);
	});

	const open = async (path: string): Promise<TestStream> =>
		openStream(server.url + path, { http2: protocol === "http2" });

	it.each([
		["an empty client id", "/?user=", 400, "ERR_SSE_INVALID_CLIENT_ID"],
		["a client id that is too long", `/?user=${LONG}`, 400, "ERR_SSE_INVALID_CLIENT_ID"],
		["two client ids", "/?user=a&user=b", 400, "ERR_SSE_INVALID_CLIENT_ID"],
		["an empty group", "/?group=", 400, "ERR_SSE_INVALID_GROUP"],
		["a group name that is too long", `/?group=${LONG}`, 400, "ERR_SSE_INVALID_GROUP"],
		["too many groups", "/?groups=a,b,c", 429, "ERR_SSE_MAX_GROUPS"],
		["an empty limit key", "/?key=", 400, "ERR_SSE_INVALID_OPTION"],
		["meta that is no object", "/?meta=[]", 400, "ERR_SSE_INVALID_META"],
		["meta that is null", "/?meta=null", 400, "ERR_SSE_INVALID_META"],
		["an empty position", "/?since=", 400, "ERR_SSE_INVALID_OPTION"],
		["a token without a time", "/?expires=x", 400, "ERR_SSE_INVALID_EXPIRES_AT"],
		["a token that has expired", "/?expires=1000000000", 401, "ERR_SSE_EXPIRED"],
	])(
		"answers %s, reports it and returns a closed connection",
		async (_what, path, status, code) => {
			const answer = await open(path);
			expect(await answer.ended).toBe(true);
			expect([answer.status, answer.text]).toEqual([status, code]);
			expect(answer.headers).toMatchObject({
				"content-type": "text/plain",
				"x-before": "1",
				"access-control-allow-origin": "https://a.example",
			});
			expect(answer.headers["retry-after"]).toBe(status === 429 ? "5" : undefined);
			expect(reported).toEqual([{ code, stage: "connect" }]);
			const [{ client, connection, currConnection } = {} as sse.ConnectResult] = results;
			expect(client).toMatchObject({ connections: [], clientId: expect.any(String) });
			expect(connection).toMatchObject({ closed: true, closeReason: "refused" });
			expect(connection.signal.aborted).toBe(true);
			expect(connection.response).toBe(currConnection);
			expect(sse.sendSSEToConnection(currConnection, "x")).toBe(0);
			expect(left).toEqual([`refused ${code}`]);
			expect(sse.getDefaultService().stats()).toMatchObject({
				connections: 0,
				connectionsOpened: 0,
			});
			// And serves on.
			expect((await open("/?user=ada")).status).toBe(200);
		},
	);

	it.each([
		["a client", ["/?user=a", "/?user=a"], 429, "ERR_SSE_MAX_CONNECTIONS_PER_CLIENT"],
		["a limit key", ["/?key=a", "/?key=a"], 429, "ERR_SSE_MAX_CONNECTIONS_PER_KEY"],
		["the service", ["/", "/", "/", "/"], 503, "ERR_SSE_MAX_CONNECTIONS"],
	])("answers one connection too many of %s", async (_what, paths, status, code) => {
		const streams = await Promise.all(paths.map(open));
		const refused = streams.filter((stream) => stream.status !== 200);
		expect(refused.map((stream) => stream.status)).toEqual([status]);
		await refused[0]?.ended;
		expect(refused[0]?.text).toBe(code);
		expect(refused[0]?.headers["retry-after"]).toBe("5");
		expect(reported).toEqual([{ code, stage: "connect" }]);
	});

	it("answers a request that comes when the service has closed", async () => {
		await sse.getDefaultService().close();
		const answer = await open("/");
		await answer.ended;
		expect([answer.status, answer.text]).toEqual([503, "ERR_SSE_SERVICE_CLOSED"]);
		expect(answer.headers["retry-after"]).toBe("1");
	});

	it("survives that the program writes to the response, as to that of a stream", async () => {
		const answer = open("/?user=&write").catch(() => undefined);
		await eventually(() => results.length === 1);
		// HTTP/2 cuts the answer.
		if (protocol === "http") expect(await answer).toMatchObject({ status: 400 });
		expect((await open("/?user=ada")).status).toBe(200);
	});

	it("leaves a response alone whose client has left", async () => {
		await server.destroy();
		const closed: boolean[] = [];
		server = await startServer((req, res) => {
			res.on("close", () => {
				const { connection } = sse.connectSSE({ req, res, clientId: "" });
				closed.push(connection.closed, res.headersSent);
			});
			res.destroy();
		}, protocol);
		open("/").catch(() => {});
		await eventually(() => closed.length === 2);
		expect(closed).toEqual([true, false]);
	});
});

describe("connectSSE", () => {
	it("answers every request behind an open stream on the same socket once that has ended", async () => {
		const reasons: (string | undefined)[] = [];
		server = await startServer((req, res) => {
			reasons.push(sse.connectSSE({ req, res }).connection.closeReason);
		});
		const request = ["GET / HTTP/1.1", "Host: a", ""];
		const client = await openSocket(server.port, [...request, ...request, ...request].slice(0, -1));
		await eventually(() => reasons.length === 3);
		expect(reasons).toEqual([undefined, "refused", "refused"]);
		expect(sse.sendSSEToAll("x")).toBe(1);
		sse.getDefaultService().disconnect("all");
		await eventually(() => client.text.split("ERR_SSE_PIPELINED").length === 3);
		expect(client.text.match(/HTTP\/1.1 \d+/g)).toEqual([
			"HTTP/1.1 200",
			"HTTP/1.1 400",
			"HTTP/1.1 400",
		]);
		client.abort();
	});

	it("still throws the mistakes of a program", async () => {
		const thrown: unknown[] = [];
		server = await startServer((req, res) => {
			const wrong: (() => unknown)[] = [
				() => sse.connectSSE({ req, res: {} as never }),
				() => sse.connectSSE({ req, res, group: "x" } as never),
				() => sse.connectSSE({ req, res, originalResHeaders: { "x-a": "\n" } }),
				() => sse.connectSSE({ req, res, clientId: "", originalResHeaders: { "x-a": "\n" } }),
				() => sse.connectSSE({ req, res, expiresAt: 1 }),
				() => res.writeHead(204).end(),
				() => sse.connectSSE({ req, res }),
				() => sse.connectSSE({ req, res, clientId: "" }),
			];
			for (const call of wrong) {
				try {
					call();
				} catch (error) {
					thrown.push((error as sse.SSEError).code);
				}
			}
		});
		expect((await openStream(server.url)).status).toBe(204);
		expect(thrown).toEqual([
			"ERR_SSE_INVALID_REQUEST",
			"ERR_SSE_INVALID_OPTION",
			"ERR_SSE_INVALID_HEADERS",
			"ERR_SSE_INVALID_HEADERS",
			"ERR_SSE_INVALID_EXPIRES_AT",
			"ERR_SSE_RESPONSE_STARTED",
			"ERR_SSE_INVALID_CLIENT_ID",
		]);
		expect(reported).toEqual([]);
	});
});

describe("the functions that send", () => {
	// 200,000 arrays in each other: 400 KB that JSON.parse reads, and JSON.stringify cannot write.
	const deep: unknown = JSON.parse("[".repeat(200_000) + "]".repeat(200_000));
	const ada = { clientId: "ada" };

	beforeEach(async () => {
		server = await startServer((req, res) => sse.connectSSE({ req, res, ...ada }));
		await openStream(server.url);
	});

	it.each<[what: string, call: () => unknown, code: string]>([
		["an empty client id", () => sse.sendSSEToClient("", "x"), "ERR_SSE_INVALID_CLIENT_ID"],
		["a long client id", () => sse.sendSSEToClient(LONG, "x"), "ERR_SSE_INVALID_CLIENT_ID"],
		[
			"two client ids",
			() => sse.sendSSEToClient(["a", "b"] as never, "x"),
			"ERR_SSE_INVALID_CLIENT_ID",
		],
		[
			"no client id",
			() => sse.sendSSEToClient(undefined as never, "x"),
			"ERR_SSE_INVALID_CLIENT_ID",
		],
		["an empty group", () => sse.sendSSEToAll("x", "type", ""), "ERR_SSE_INVALID_GROUP"],
		["a type with a line end", () => sse.sendSSEToAll("x", "a\nb"), "ERR_SSE_INVALID_EVENT"],
		["an id with NUL", () => sse.sendSSEToAll("x", null, null, "\0"), "ERR_SSE_INVALID_ID"],
		["an id that is no number", () => sse.sendSSEToAll("x", null, null, NaN), "ERR_SSE_INVALID_ID"],
		[
			"a time that is no number",
			() => sse.sendSSEToAll("x", { retry: Number.NaN }),
			"ERR_SSE_INVALID_RETRY",
		],
		["no message", () => sse.sendSSEToAll(undefined), "ERR_SSE_INVALID_DATA"],
	])("return 0 for %s and report it", (_what, call, code) => {
		expect(call()).toBe(0);
		expect(reported).toEqual([{ code, stage: "send" }]);
	});

	// Node 26 writes it.
	it("return 0 for JSON too deep to write and report it, where Node cannot write it", () => {
		const count = sse.sendSSEToAll(deep);
		const refused = [{ code: "ERR_SSE_INVALID_DATA", stage: "send" }];
		expect([count, reported]).toEqual(count === 1 ? [1, []] : [0, refused]);
	});

	it("find nobody by a name that nobody can have", () => {
		for (const name of ["", LONG, ["a", "b"] as never, undefined as never]) {
			expect(sse.getClientObj(name)).toBeUndefined();
			expect(sse.setClientMetadata(name, {})).toBeUndefined();
			expect(sse.getClientObj("ada", name ?? LONG)).toBeUndefined();
			expect(sse.getAllClientObjs(name ?? LONG)).toEqual([]);
		}
		expect(reported).toEqual([]);
	});

	it("keep the meta of a client for what is no object, and report it", () => {
		sse.setClientMetadata("ada", { name: "Ada" });
		for (const meta of [[], null, "x", undefined])
			expect(sse.setClientMetadata("ada", meta as never)).toBeUndefined();
		expect(sse.getClientObj("ada")?.meta).toEqual({ name: "Ada" });
		expect(reported).toEqual(Array(4).fill({ code: "ERR_SSE_INVALID_META", stage: "send" }));
	});

	it("still throw the mistakes of a program", () => {
		const cycle: Record<string, unknown> = {};
		cycle.self = cycle;
		const invalidData = expect.objectContaining({ code: "ERR_SSE_INVALID_DATA" });
		for (const message of [Promise.resolve(), 1n, () => {}, cycle])
			expect(() => sse.sendSSEToAll(message)).toThrow(invalidData);
		expect(() => sse.sendSSEToAll("x", { evnt: "a" } as never)).toThrow(
			expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
		);
		expect(() => sse.sendSSEToConnection({} as never, "x")).toThrow(
			expect.objectContaining({ code: "ERR_SSE_INVALID_TARGET" }),
		);
		expect(reported).toEqual([]);
	});
});

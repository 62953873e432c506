/**
 * Limits: each refuses one too many before anything is written, with a code and a status.
 */
import { openStream, startServer, type TestServer } from "@sse-service/testing";
import { afterEach, describe, expect, it } from "vitest";
import { type ConnectParams, createSSEService, type SSEService } from "../src/index.js";
import { startService } from "./serving.js";

let server: TestServer;
let sse: SSEService;

afterEach(async () => {
	await sse.close();
	await server.close();
});

async function serve(...params: Parameters<typeof startService>): Promise<void> {
	({ sse, server } = await startService(...params));
}

async function answer(path: string): Promise<string> {
	const stream = await openStream(`${server.url}/${path}`);
	if (stream.status === 200) return "open";
	await stream.ended;
	expect(stream.headers["content-type"]).toBe("text/plain");
	const isLater = stream.status === 429 || stream.status === 503;
	expect(stream.headers["retry-after"]).toBe(isLater ? "5" : undefined);
	return `${stream.status} ${stream.text}`;
}

const length = (n: number): string => "x".repeat(n);

describe("at connect", () => {
	it("maxConnections: one more gets 503, until one leaves", async () => {
		await serve({ maxConnections: 2 }, (clientId) => ({ clientId }));
		expect(await answer("a")).toBe("open");
		expect(await answer("b")).toBe("open");
		expect(await answer("c")).toBe("503 ERR_SSE_MAX_CONNECTIONS");
		sse.disconnect({ client: "a" });
		expect(await answer("c")).toBe("open");
		expect(sse.stats().connections).toBe(2);
	});

	it("maxConnectionsPerClient: one more of that client gets 429, others do not", async () => {
		await serve({ maxConnectionsPerClient: 1 }, (clientId) => ({ clientId }));
		expect(await answer("a")).toBe("open");
		expect(await answer("a")).toBe("429 ERR_SSE_MAX_CONNECTIONS_PER_CLIENT");
		expect(await answer("b")).toBe("open");
		expect(sse.getClient("a")?.connections).toHaveLength(1);
	});

	it("clientLimitPolicy close-oldest: the client's oldest connection ends for the new one, with its reason", async () => {
		await serve({ maxConnectionsPerClient: 2, clientLimitPolicy: "close-oldest" }, (clientId) => ({
			clientId,
		}));
		const first = await openStream(`${server.url}/a`);
		expect([await answer("a"), await answer("b"), await answer("a")]).toEqual(
			Array(3).fill("open"),
		);
		expect(await first.ended).toBe(true);
		expect(first.events).toEqual([{ event: "replaced", data: '{"reason":"replaced"}' }]);
		expect(sse.stats()).toMatchObject({ connections: 3, closes: { replaced: 1 } });
		expect(sse.send({ client: "a" }, "x")).toBe(2);
	});

	// A standalone one was never chosen while the client had another.
	it.each([
		["standalone", "alone", "tab"],
		["not standalone", "tab", "alone"],
	])(
		"clientLimitPolicy close-oldest: ends the oldest one if that is %s, too",
		async (_, oldest, next) => {
			await serve({ maxConnectionsPerClient: 2, clientLimitPolicy: "close-oldest" }, (path) => ({
				clientId: "a",
				standalone: path === "alone",
			}));
			const first = await openStream(`${server.url}/${oldest}`);
			expect([await answer(next), await answer("alone")]).toEqual(["open", "open"]);
			expect(await first.ended).toBe(true);
			expect(sse.stats()).toMatchObject({ connections: 2, closes: { replaced: 1 } });
		},
	);

	it("maxConnectionsPerKey: one more with that key gets 429, whatever its client, until one leaves", async () => {
		await serve({ maxConnectionsPerKey: 2 }, (limitKey) =>
			limitKey === "none" ? {} : { limitKey },
		);
		expect([await answer("a"), await answer("a"), await answer("a")]).toEqual([
			"open",
			"open",
			"429 ERR_SSE_MAX_CONNECTIONS_PER_KEY",
		]);
		expect([await answer("b"), await answer("none")]).toEqual(["open", "open"]);
		const [oldest] = sse.getClients();
		sse.disconnect({ client: oldest?.clientId ?? "" });
		expect(await answer("a")).toBe("open");
		expect(await answer("a")).toBe("429 ERR_SSE_MAX_CONNECTIONS_PER_KEY");
	});

	it.each([
		["group", "groupName or groups"],
		["clientID", undefined],
		["expiresAtMs", "expiresAt"],
		["onDisconnect", "onDisconnectCb"],
		["somethingElse", ""],
	])("an unknown parameter, %s, is refused, and similar ones are named", async (name, near) => {
		const messages: string[] = [];
		await serve({}, () => ({ [name]: "x" }));
		expect(await answer("")).toBe("500 ERR_SSE_INVALID_OPTION");
		const other = await startServer((req, res) => {
			try {
				sse.connect({ req, res, [name]: "x" } as unknown as ConnectParams);
			} catch (error) {
				messages.push((error as Error).message);
			}
			res.end();
		});
		await fetch(other.url).then((response) => response.text());
		await other.destroy();
		const hint = near === "" ? "" : `; did you mean ${near ?? "clientId"}?`;
		expect(messages).toEqual([`connect has no parameter "${name}"${hint}`]);
	});

	// They were all checked, and gathered, before they were counted: 1.9 s for a million.
	it("groups are counted as they are read: reading stops at the first one too many", async () => {
		let looked = 0;
		const names = Array.from({ length: 10_000 }, (_, index) => `group ${index}`);
		const groups = new Proxy(names, {
			get: (target, key) => {
				if (typeof key === "string" && /^[0-9]+$/.test(key)) looked++;
				return Reflect.get(target, key);
			},
		});
		await serve({ maxGroupsPerConnection: 100 }, (clientId) =>
			clientId === "x" ? { groups } : { clientId },
		);
		expect(await answer("x")).toBe("429 ERR_SSE_MAX_GROUPS");
		expect(looked).toBe(101);
		await answer("a");
		expect(() => sse.join("all", names)).toThrowError(
			expect.objectContaining({ code: "ERR_SSE_MAX_GROUPS" }),
		);
	});

	it("maxGroupsPerConnection: one more gets 429, and joins none", async () => {
		await serve({ maxGroupsPerConnection: 2 }, (path) => ({ groups: path.split(",") }));
		expect(await answer("a,b,a")).toBe("open");
		expect(await answer("c,d,e")).toBe("429 ERR_SSE_MAX_GROUPS");
		expect(sse.getGroups().map(({ name }) => name)).toEqual(["a", "b"]);
	});

	it.each([
		["maxClientIdLength", (value: string) => ({ clientId: value }), "ERR_SSE_INVALID_CLIENT_ID"],
		["maxGroupNameLength", (value: string) => ({ groupName: value }), "ERR_SSE_INVALID_GROUP"],
	])("%s: the limit itself passes, one more gets 400", async (option, params, code) => {
		await serve({ [option]: 5 }, params);
		expect(await answer(length(5))).toBe("open");
		expect(await answer(length(6))).toBe(`400 ${code}`);
	});

	it.each([
		["an empty client id", { clientId: "" }, "400 ERR_SSE_INVALID_CLIENT_ID"],
		["a client id that is a number", { clientId: 7 }, "400 ERR_SSE_INVALID_CLIENT_ID"],
		["a client id that is null", { clientId: null }, "400 ERR_SSE_INVALID_CLIENT_ID"],
		["an empty group", { groupName: "" }, "400 ERR_SSE_INVALID_GROUP"],
		["groups that hold no text", { groups: [{}] }, "400 ERR_SSE_INVALID_GROUP"],
		["groups that are null", { groups: null }, "400 ERR_SSE_INVALID_GROUP"],
		["a limitKey that is empty", { limitKey: "" }, "400 ERR_SSE_INVALID_OPTION"],
		["a limitKey that is no text", { limitKey: 7 }, "400 ERR_SSE_INVALID_OPTION"],
		["meta that is a text", { meta: "x" }, "400 ERR_SSE_INVALID_META"],
		["a callback that is a text", { onDisconnectCb: "x" }, "500 ERR_SSE_INVALID_OPTION"],
	])("%s is refused", async (_name, params, expected) => {
		await serve({}, () => params as Partial<ConnectParams>);
		expect(await answer("")).toBe(expected);
		expect(sse.stats()).toMatchObject({
			connections: 0,
			clients: 0,
			groups: 0,
			connectionsOpened: 0,
		});
	});
});

// The first group kept a connection that had never opened.
const error = new Error("meta");
const fail = (): never => {
	throw error;
};
it.each([
	["a getter that throws", Object.defineProperty({}, "name", { get: fail, enumerable: true })],
	[
		"a getter that throws behind a symbol",
		Object.defineProperty({}, Symbol("name"), { get: fail, enumerable: true }),
	],
	["keys that cannot be listed", new Proxy({}, { ownKeys: fail })],
])("meta with %s registers nothing, in however many groups", async (_, meta) => {
	const thrown: unknown[] = [];
	server = await startServer((req, res) => {
		try {
			sse.connect({ req, res, groups: ["a", "b"], meta });
		} catch (caught) {
			thrown.push(caught, res.headersSent);
			res.end();
		}
	});
	sse = createSSEService();
	await (await openStream(server.url)).ended;
	expect(thrown).toEqual([error, false]);
	expect(sse.getGroups()).toEqual([]);
});

it("meta is read once for all groups, before anything is sent", async () => {
	let reads = 0;
	const meta = {
		get name(): string {
			return ++reads > 1 ? fail() : "Ada";
		},
	};
	await serve({}, () => ({ clientId: "ada", groups: ["a", "b", "c"], meta }));
	expect(await answer("")).toBe("open");
	const copies = ["b", "c"].map((group) => sse.getClient("ada", group)?.meta);
	expect(copies).toEqual([{ name: "Ada" }, { name: "Ada" }]);
	expect(copies[0]).not.toBe(copies[1]);
	expect(sse.getGroups()).toHaveLength(3);
});

describe("afterwards", () => {
	it("maxGroupsPerConnection applies to join, too: all or nothing", async () => {
		await serve({ maxGroupsPerConnection: 3 }, (clientId) => ({ clientId }));
		await answer("a");
		await answer("b");
		expect(sse.join({ client: "a" }, ["one", "two"])).toBe(1);
		expect(() => sse.join("all", ["three"])).toThrowError(
			expect.objectContaining({ code: "ERR_SSE_MAX_GROUPS", statusCode: 429 }),
		);
		expect(sse.join("all", "two")).toBe(1);
		expect(sse.getGroups()).toEqual([
			{ name: "default", connections: 2, clients: 2 },
			{ name: "one", connections: 1, clients: 1 },
			{ name: "two", connections: 2, clients: 2 },
		]);
	});

	it.each([
		["maxEventTypeLength", (value: string) => ({ event: value }), "ERR_SSE_INVALID_EVENT"],
		["maxEventIdLength", (value: string) => ({ id: value }), "ERR_SSE_INVALID_ID"],
	])("%s: the limit itself passes, one more is refused", async (option, options, code) => {
		await serve({ [option]: 5 }, () => ({}));
		await answer("");
		expect(sse.send("all", "x", options(length(5)) as object)).toBe(1);
		expect(() => sse.send("all", "x", options(length(6)) as object)).toThrowError(
			expect.objectContaining({ code }),
		);
	});
});

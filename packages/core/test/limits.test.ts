/**
 * Limits: each refuses one too many before anything is written, with a code and a status.
 */
import { openStream, type TestServer } from "@sse-service/testing";
import { afterEach, describe, expect, it } from "vitest";
import type { ConnectParams, SSEService } from "../src/index.js";
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
		["meta that is a text", { meta: "x" }, "500 ERR_SSE_INVALID_META"],
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

describe("afterwards", () => {
	it("maxGroupsPerConnection holds for join too: all or nothing", async () => {
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

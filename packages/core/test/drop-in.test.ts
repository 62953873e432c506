/**
 * The documented API of sse-service 1.0.9, call by call, on the default service.
 */
import { openStream, startServer, type TestServer } from "@sse-service/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as sse from "../src/index.js";

let server: TestServer;

beforeEach(() => {
	// As in a process that has just begun.
	Reflect.deleteProperty(globalThis, Symbol.for("sse-service.default.v1"));
});

afterEach(async () => {
	sse.getDefaultService().disconnect("all");
	await server.close();
});

type Connected = ReturnType<typeof sse.connectSSE>;

/** A server on which every request opens a stream as `params` say; the results are kept in order. */
async function serve(
	params: (url: URL) => Partial<sse.ConnectParams> = () => ({}),
): Promise<Connected[]> {
	const connected: Connected[] = [];
	server = await startServer((req, res) => {
		const url = new URL(req.url ?? "/", "http://localhost");
		connected.push(
			sse.connectSSE({ req, res, originalResHeaders: res.getHeaders(), ...params(url) }),
		);
	});
	return connected;
}

describe("connectSSE", () => {
	it("returns the client with its id, meta and raw responses, and the response of this call", async () => {
		const connected = await serve(() => ({ clientId: "ada", meta: { role: "admin" } }));
		await openStream(server.url);
		const [first] = connected;
		expect(first?.client).toEqual({
			clientId: "ada",
			meta: { role: "admin" },
			connections: [first?.currConnection],
		});
		expect(first?.currConnection.writable).toBe(true);
	});

	it("creates an id if none is given", async () => {
		const connected = await serve();
		await openStream(server.url);
		await openStream(server.url);
		const ids = connected.map(({ client }) => client.clientId);
		expect(ids[0]).toMatch(/^[\w-]{21}$/);
		expect(ids[0]).not.toBe(ids[1]);
	});

	it("keeps several connections of one client in one client object, which follows them", async () => {
		const connected = await serve(() => ({ clientId: "ada" }));
		const one = await openStream(server.url);
		await openStream(server.url);
		const client = connected[0]?.client;
		expect(client?.connections).toEqual(connected.map(({ currConnection }) => currConnection));
		const closed = new Promise((resolve) =>
			connected[0]?.connection.signal.addEventListener("abort", resolve),
		);
		one.abort();
		await closed;
		expect(client?.connections).toEqual([connected[1]?.currConnection]);
	});

	it("takes meta when the client appears; a later connection changes nothing", async () => {
		const connected = await serve((url) => ({ clientId: "ada", meta: { from: url.pathname } }));
		await openStream(`${server.url}/first`);
		await openStream(`${server.url}/second`);
		expect(connected[1]?.client.meta).toEqual({ from: "/first" });
	});

	it("gives views of one client: meta can be changed through each, and assigned by setClientMetadata only", async () => {
		await serve(() => ({ clientId: "ada", meta: { role: "admin" } }));
		await openStream(server.url);
		const [one, two] = [sse.getClientObj("ada"), sse.getClientObj("ada")];
		expect(one).not.toBe(two);
		if (one !== undefined) one.meta.role = "guest";
		expect(two?.meta).toEqual({ role: "guest" });
		expect(() => Object.assign(one ?? {}, { meta: {} })).toThrow(TypeError);
		expect(sse.setClientMetadata("ada", { role: "owner" })?.meta).toEqual({ role: "owner" });
		expect([one?.meta, two?.meta]).toEqual([{ role: "owner" }, { role: "owner" }]);
	});

	it("gives a client without meta its own object", async () => {
		const connected = await serve();
		await openStream(server.url);
		await openStream(server.url);
		expect(connected[0]?.client.meta).toEqual({});
		expect(connected[0]?.client.meta).not.toBe(connected[1]?.client.meta);
	});

	it("passes the framework's headers through", async () => {
		await serve(() => ({
			originalResHeaders: { "x-request-id": "7", "Access-Control-Allow-Origin": "*" },
		}));
		const stream = await openStream(server.url);
		expect(stream.headers).toMatchObject({
			"x-request-id": "7",
			"access-control-allow-origin": "*",
		});
	});

	it("runs onDisconnectCb once when the user leaves", async () => {
		let calls = 0;
		const connected = await serve(() => ({ onDisconnectCb: () => calls++ }));
		const stream = await openStream(server.url);
		const closed = new Promise((resolve) =>
			connected[0]?.connection.signal.addEventListener("abort", resolve),
		);
		stream.abort();
		await closed;
		await Promise.resolve();
		expect(calls).toBe(1);
		await server.close();
		expect(calls).toBe(1);
	});

	// It threw, and nothing catches what a program written for 1.x calls.
	it.each([null, false])("takes an onDisconnectCb that is %s for none", async (callback) => {
		const errors: unknown[] = [];
		const connected: Connected[] = [];
		sse.getDefaultService({ onError: (error) => errors.push((error as sse.SSEError).code) });
		server = await startServer((req, res) => {
			const clientId = new URL(req.url ?? "/", "http://localhost").pathname.slice(1);
			try {
				const onDisconnectCb = callback as never;
				connected.push(sse.connectSSE({ req, res, clientId, onDisconnectCb }));
			} catch (error) {
				errors.push(error);
				res.end();
			}
		});
		await openStream(`${server.url}/ada`);
		await (await openStream(`${server.url}/`)).ended;
		connected[0]?.connection.close();
		await Promise.resolve();
		const reasons = connected.map(({ connection }) => connection.closeReason);
		expect([errors, reasons]).toEqual([["ERR_SSE_INVALID_CLIENT_ID"], ["server", "refused"]]);
	});

	it("accepts a framework's wrappers that carry raw objects, wherever a request or response is passed", async () => {
		server = await startServer((req, res) => {
			const reply = { raw: res };
			sse.connectSSE({ req: { raw: req }, res: reply, clientId: "ada" });
			expect(sse.sendSSEToConnection(reply, "hello")).toBe(1);
		});
		const stream = await openStream(server.url);
		expect(await stream.take(1)).toEqual([{ data: "hello" }]);
	});
});

describe("sendSSEToClient", () => {
	it("sends to every connection of the client in the default group, and returns their number", async () => {
		await serve((url) => ({ clientId: url.pathname.slice(1) }));
		const streams = [await openStream(`${server.url}/ada`), await openStream(`${server.url}/ada`)];
		const other = await openStream(`${server.url}/bob`);
		expect(sse.sendSSEToClient("ada", { x: 1 })).toBe(2);
		sse.sendSSEToAll("last");
		for (const stream of streams) expect((await stream.take(2))[0]).toEqual({ data: '{"x":1}' });
		expect(await other.take(1)).toEqual([{ data: "last" }]);
	});

	it("takes event type, group and message id by position", async () => {
		await serve(() => ({ clientId: "ada", groupName: "g" }));
		const stream = await openStream(server.url);
		expect(sse.sendSSEToClient("ada", [1, 2], "chat", "g", 0)).toBe(1);
		expect(await stream.take(1)).toEqual([{ data: "[1,2]", event: "chat", id: "0" }]);
	});

	it("returns 0 for an unknown client or group", async () => {
		await serve(() => ({ clientId: "ada" }));
		await openStream(server.url);
		expect(sse.sendSSEToClient("nobody", "x")).toBe(0);
		expect(sse.sendSSEToClient("ada", "x", "type", "other group")).toBe(0);
	});

	it("accepts null for an omitted position", async () => {
		await serve(() => ({ clientId: "ada" }));
		const stream = await openStream(server.url);
		expect(sse.sendSSEToClient("ada", "x", null, null, 5)).toBe(1);
		expect(await stream.take(1)).toEqual([{ data: "x", id: "5" }]);
	});

	it("accepts an options object in place of the event type", async () => {
		await serve(() => ({ clientId: "ada", groupName: "g" }));
		const stream = await openStream(server.url);
		expect(sse.sendSSEToClient("ada", "x", { event: "e", group: "g", id: "i", retry: 50 })).toBe(1);
		expect(await stream.take(1)).toEqual([{ data: "x", event: "e", id: "i" }]);
		expect(stream.retries).toEqual([50]);
	});
});

describe("positions behind an options object", () => {
	it("fill in what it omits", async () => {
		await serve(() => ({ clientId: "ada", groupName: "room" }));
		const stream = await openStream(server.url);
		expect(sse.sendSSEToClient("ada", "x", { event: "e" }, "room", 4)).toBe(1);
		expect(sse.sendSSEToAll("y", { event: "e" }, "room")).toBe(1);
		expect(await stream.take(2)).toEqual([
			{ data: "x", event: "e", id: "4" },
			{ data: "y", event: "e" },
		]);
	});
});

describe("sendSSEToConnection", () => {
	it("sends to that response only", async () => {
		const connected = await serve(() => ({ clientId: "ada" }));
		const one = await openStream(server.url);
		const two = await openStream(server.url);
		const response = connected[1]?.currConnection;
		if (response === undefined) throw new Error("not connected");
		expect(sse.sendSSEToConnection(response, "only you", "note", 9)).toBe(1);
		sse.sendSSEToAll("all");
		expect(await two.take(2)).toEqual([
			{ data: "only you", event: "note", id: "9" },
			{ data: "all" },
		]);
		expect(await one.take(1)).toEqual([{ data: "all" }]);
	});

	it("reaches a connection of another service than the default one", async () => {
		const own = sse.createSSEService();
		server = await startServer((req, res) => {
			own.connect({ req, res });
			expect(sse.sendSSEToConnection(res, "found")).toBe(1);
		});
		const stream = await openStream(server.url);
		expect(await stream.take(1)).toEqual([{ data: "found" }]);
		await own.close();
	});

	it("answers 0 for a response that has closed, or on which no stream is open", async () => {
		const connected = await serve();
		const stream = await openStream(server.url);
		const response = connected[0]?.currConnection;
		if (response === undefined) throw new Error("not connected");
		connected[0]?.connection.close();
		await stream.ended;
		expect(sse.sendSSEToConnection(response, "late")).toBe(0);
	});
});

describe("sendSSEToAll", () => {
	it("sends to everyone in the group, by default the default group", async () => {
		await serve((url) => (url.pathname === "/" ? {} : { groupName: url.pathname.slice(1) }));
		const inDefault = await openStream(server.url);
		const inRoom = await openStream(`${server.url}/room`);
		expect(sse.sendSSEToAll("to default")).toBe(1);
		expect(sse.sendSSEToAll({ to: "room" }, "chat", "room", 3)).toBe(1);
		expect(sse.sendSSEToAll("to nobody", undefined, "empty")).toBe(0);
		expect(await inDefault.take(1)).toEqual([{ data: "to default" }]);
		expect(await inRoom.take(1)).toEqual([{ data: '{"to":"room"}', event: "chat", id: "3" }]);
	});
});

describe("getClientObj, getAllClientObjs, setClientMetadata", () => {
	it("find clients by id and group, and return undefined or [] for unknown ones", async () => {
		const connected = await serve((url) => ({
			clientId: url.pathname.slice(1),
			groupName: "g",
			meta: { n: 1 },
		}));
		await openStream(`${server.url}/ada`);
		await openStream(`${server.url}/bob`);
		const [ada, bob] = connected.map(({ client }) => client);
		expect(sse.getClientObj("ada", "g")).toEqual(ada);
		expect(sse.getClientObj("ada")).toBeUndefined();
		expect(sse.getClientObj("nobody", "g")).toBeUndefined();
		expect(sse.getAllClientObjs("g")).toEqual([ada, bob]);
		expect(sse.getAllClientObjs()).toEqual([]);
	});

	it("show a client's connections in the group asked for", async () => {
		const connected = await serve((url) => ({ clientId: "ada", groupName: url.pathname.slice(1) }));
		await openStream(`${server.url}/g`);
		await openStream(`${server.url}/h`);
		expect(sse.getClientObj("ada", "g")?.connections).toEqual([connected[0]?.currConnection]);
		expect(sse.getAllClientObjs("h")[0]?.connections).toEqual([connected[1]?.currConnection]);
	});

	it("setClientMetadata replaces meta and returns the client", async () => {
		const connected = await serve(() => ({ clientId: "ada", meta: { old: true } }));
		await openStream(server.url);
		expect(sse.setClientMetadata("ada", { name: "Ada" })).toMatchObject({
			clientId: "ada",
			meta: { name: "Ada" },
		});
		expect(connected[0]?.client.meta).toEqual({ name: "Ada" });
		expect(sse.setClientMetadata("ada", {}, "other")).toBeUndefined();
		expect(sse.setClientMetadata("nobody", {})).toBeUndefined();
	});

	it("keep a change made to the meta object itself", async () => {
		await serve(() => ({ clientId: "ada" }));
		await openStream(server.url);
		const client = sse.getClientObj("ada");
		if (client === undefined) throw new Error("not connected");
		client.meta.seen = 3;
		expect(sse.getClientObj("ada")?.meta).toEqual({ seen: 3 });
	});
});

describe("the default service", () => {
	it("cannot be configured once it is in use with other options", async () => {
		await serve();
		await openStream(server.url);
		expect(() => sse.getDefaultService({ retryMs: 1 })).toThrowError(
			expect.objectContaining({ code: "ERR_SSE_ALREADY_CONFIGURED" }),
		);
		expect(sse.getDefaultService({})).toBe(sse.getDefaultService());
	});

	it("may be configured again with the same options", async () => {
		const options = () => ({ retryMs: 5, history: { groups: { a: { maxEvents: 5 } } } });
		const service = sse.getDefaultService(options());
		expect(sse.getDefaultService(options())).toBe(service);
		const others = { ...options(), history: { groups: { a: { maxEvents: 6 } } } };
		expect(() => sse.getDefaultService(others)).toThrowError(
			expect.objectContaining({
				code: "ERR_SSE_ALREADY_CONFIGURED",
				message: expect.stringContaining("option history."),
			}),
		);
	});

	it("names the option that differs, even if it is the same function written twice", () => {
		const options = () => ({ history: true, recover: () => [] });
		sse.getDefaultService(options());
		expect(() => sse.getDefaultService(options())).toThrowError(
			"another value of the option recover (a function must be the same one, not written twice)",
		);
	});
});

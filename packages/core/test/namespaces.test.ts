/**
 * Groups are namespaces: one client id in two groups is two clients. What is set or opened in one group is not seen
 * through another.
 */
import { eventually, openStream, startServer, type TestServer } from "@sse-service/testing";
import { afterEach, describe, expect, it } from "vitest";
import { createEngineEventLog } from "../src/engine.js";
import * as sse from "../src/index.js";
import { MemoryEngine } from "./memory-engine.js";
import { type Serving, startService } from "./serving.js";

const closing: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

describe("the documented functions", () => {
	let server: TestServer;
	let connected: ReturnType<typeof sse.connectSSE>[];

	/** Connect by `connectSSE`, as these parameters say. */
	async function connect(params: Partial<sse.ConnectParams>): Promise<(typeof connected)[number]> {
		if (closing.length === 0) {
			connected = [];
			server = await startServer((req, res) => {
				const told = JSON.parse(decodeURIComponent(req.url?.slice(1) ?? ""));
				connected.push(sse.connectSSE({ req, res, ...told }));
			});
			closing.push(
				() => server.destroy(),
				() => sse.getDefaultService().disconnect("all"),
			);
		}
		await openStream(`${server.url}/${encodeURIComponent(JSON.stringify(params))}`);
		const result = connected.at(-1);
		if (result === undefined) throw new Error("not connected");
		return result;
	}

	const groups: [name: string, one: string | undefined, other: string | undefined][] = [
		["two groups", "tenant a", "tenant b"],
		["the default group and another", undefined, "tenant b"],
		["a group and the default one", "tenant a", undefined],
	];

	it.each(groups)("separate the meta and the connections of %s", async (_name, one, other) => {
		const a = await connect({ clientId: "1", groupName: one, meta: { secret: "of a" } });
		const b = await connect({ clientId: "1", groupName: other, meta: { own: "of b" } });
		expect(b.client).toEqual({
			clientId: "1",
			meta: { own: "of b" },
			connections: [b.currConnection],
		});
		expect(a.client.connections).toEqual([a.currConnection]);
		expect(sse.getClientObj("1", one)).toEqual(a.client);
		expect(sse.getAllClientObjs(other)).toEqual([b.client]);
		sse.setClientMetadata("1", { set: "in a" }, one);
		expect(a.client.meta).toEqual({ set: "in a" });
		expect(b.client.meta).toEqual({ own: "of b" });
	});

	it.each(groups)("show no meta of the other group of %s", async (_n, one, other) => {
		await connect({ clientId: "1", groupName: one, meta: { secret: "of a" } });
		const b = await connect({ clientId: "1", groupName: other });
		expect(b.client.meta).toEqual({});
		expect(sse.getClientObj("1", other)?.meta).toEqual({});
	});

	it.each(groups)(
		"forget a client of %s with its last connection there",
		async (_n, one, other) => {
			const a = await connect({ clientId: "1", groupName: one, meta: { n: 1 } });
			const b = await connect({ clientId: "1", groupName: other, meta: { n: 2 } });
			a.connection.close();
			expect(a.client.connections).toEqual([]);
			expect(sse.getClientObj("1", one)).toBeUndefined();
			expect(sse.getAllClientObjs(one)).toEqual([]);
			expect(sse.setClientMetadata("1", { n: 3 }, one)).toBeUndefined();
			expect(b.client.meta).toEqual({ n: 2 });
			const again = await connect({ clientId: "1", groupName: one });
			expect(again.client.meta).toEqual({});
			expect(again.client.connections).toEqual([again.currConnection]);
			// The object returned for the client that left is not that of the new one.
			expect(a.client.connections).toEqual([]);
			expect(a.client.meta).toEqual({ n: 1 });
		},
	);

	it("list a connection that is in several groups in each, with a meta for each", async () => {
		const { client, currConnection } = await connect({
			clientId: "1",
			groups: ["a", "b"],
			meta: { n: 1 },
		});
		for (const group of ["a", "b"]) {
			expect(sse.getAllClientObjs(group)).toEqual([
				{ clientId: "1", meta: { n: 1 }, connections: [currConnection] },
			]);
		}
		client.meta.seen = true;
		expect(sse.getClientObj("1", "a")?.meta).toEqual({ n: 1, seen: true });
		expect(sse.getClientObj("1", "b")?.meta).toEqual({ n: 1 });
	});
});

describe("a service", () => {
	async function serve(options: sse.SSEServiceOptions = {}): Promise<Serving> {
		const serving = await startService({ heartbeatIntervalMs: 0, ...options });
		closing.push(
			() => serving.server.destroy(),
			() => serving.sse.close(),
		);
		return serving;
	}

	it("shows all connections of a client that is looked up without a group, and the meta of the default group", async () => {
		const { sse: service, open } = await serve();
		const a = await open({ clientId: "1", groupName: "a", meta: { secret: "of a" } });
		expect(service.getClient("1")?.meta).toEqual({});
		const b = await open({ clientId: "1", meta: { n: 1 } });
		expect(service.getClient("1")).toEqual({
			clientId: "1",
			meta: { n: 1 },
			connections: [a.connection.response, b.connection.response],
		});
		service.setMetadata("1", { n: 2 });
		expect(service.getClient("1", sse.DEFAULT_GROUP)?.meta).toEqual({ n: 2 });
		expect(service.getClient("1", "a")?.meta).toEqual({ secret: "of a" });
		b.connection.close();
		expect(service.getClients()).toEqual([
			{ clientId: "1", meta: {}, connections: [a.connection.response] },
		]);
	});

	it("gives clients whose JSON has the number of connections, as in a list of who is online", async () => {
		const { sse: service, open } = await serve();
		await open({ clientId: "1", groups: ["a"], meta: { n: 1 } });
		await open({ clientId: "1", groups: ["b"] });
		expect(JSON.parse(JSON.stringify(service.getClients("a")))).toEqual([
			{ clientId: "1", meta: { n: 1 }, connections: 1 },
		]);
		expect(JSON.parse(JSON.stringify(service.getClient("1")))).toEqual({
			clientId: "1",
			meta: {},
			connections: 2,
		});
	});

	it("keeps what was set without a group for a client that is not in the default group", async () => {
		const { sse: service, open } = await serve();
		await open({ clientId: "1", groups: ["a"], meta: { n: 1 } });
		expect(service.setMetadata("1", { n: 2 })?.meta).toEqual({ n: 2 });
		expect(service.getClient("1", "a")?.meta).toEqual({ n: 1 });
		await open({ clientId: "2", groups: [], meta: { n: 3 } });
		expect(service.getClient("2")?.meta).toEqual({ n: 3 });
	});

	it("gives a client that joins a group no meta there, and callbacks the client of the first group", async () => {
		const metas: unknown[] = [];
		const { sse: service, open } = await serve({
			onConnect: ({ client }) => metas.push(client.meta),
			onDisconnect: ({ client }) => metas.push(client.meta),
		});
		const { connection, stream } = await open({ clientId: "1", groups: ["a"], meta: { n: 1 } });
		service.join({ connection }, "b");
		expect(service.getClient("1", "b")?.meta).toEqual({});
		service.leave({ connection }, "a");
		connection.close();
		await stream.ended;
		expect(metas).toEqual([{ n: 1 }, { n: 1 }]);
	});

	// Each had the membership that had ended.
	it.each(["a", sse.DEFAULT_GROUP])(
		"shows a client that leaves group %s and joins it again as it is now, wherever it is looked at",
		async (group) => {
			const views: sse.SSEClientObjInterface[] = [];
			const ends: unknown[] = [];
			const { sse: service, open } = await serve({
				onConnect: ({ client }) => views.push(client),
				onDisconnect: ({ client }) => ends.push(client.meta),
			});
			const one = await open({ clientId: "1", groups: [group, "b"], meta: { n: 1 } });
			const other = await open({ clientId: "1", groups: [group] });
			service.leave({ client: "1" }, group);
			expect(views.map(({ connections }) => connections)).toEqual([[], []]);
			service.join({ connection: one.connection }, group);
			service.setMetadata("1", { n: 2 }, group);
			const now = { clientId: "1", meta: { n: 2 }, connections: [one.connection.response] };
			expect([service.getClient("1", group), ...views]).toEqual([now, now, now]);
			for (const { connection, stream } of [other, one]) {
				connection.close();
				await stream.ended;
			}
			expect(ends).toEqual([{ n: 2 }, { n: 2 }]);
		},
	);

	it("shows the same clients and meta in every process", async () => {
		const engine = new MemoryEngine();
		const eventLog = () => createEngineEventLog(engine.driver());
		const one = await serve({ eventLog: eventLog() });
		const other = await serve({ eventLog: eventLog() });
		await one.open({ clientId: "1", groups: ["a"], meta: { secret: "of a" } });
		await other.open({ clientId: "1", groups: ["b"], meta: { n: 1 } });
		await other.open({ clientId: "1", meta: { n: 2 } });
		const clients = (group?: string): Promise<unknown> => one.sse.clientsIn(group);
		await expect
			.poll(() => clients("b"))
			.toEqual([{ clientId: "1", meta: { n: 1 }, connections: 1 }]);
		expect(await clients("a")).toEqual([
			{ clientId: "1", meta: { secret: "of a" }, connections: 1 },
		]);
		await expect.poll(() => clients()).toEqual([{ clientId: "1", meta: { n: 2 }, connections: 3 }]);
		one.sse.setMetadata("1", { n: 3 }, "b");
		one.sse.setMetadata("1", { n: 4 });
		await eventually(() => other.sse.getClient("1")?.meta.n === 4);
		expect(other.sse.getClient("1", "b")?.meta).toEqual({ n: 3 });
		one.sse.join({ client: "1", group: "a" }, "b");
		one.sse.setMetadata("1", { n: 5 }, "b");
		await eventually(() => other.sse.getClient("1", "b")?.meta.n === 5);
		expect(one.sse.getClient("1", "a")?.meta).toEqual({ secret: "of a" });
	});
});

/**
 * A standalone connection is reached through its handle, and through nothing else.
 */
import { eventually, openStream } from "@sse-service/testing";
import { afterEach, expect, it } from "vitest";
import { createEngineEventLog } from "../src/engine.js";
import type { ConnectParams, SSEService, SSEServiceOptions } from "../src/index.js";
import { MemoryEngine } from "./memory-engine.js";
import { type Serving, startService } from "./serving.js";

const closing: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

async function serve(options: SSEServiceOptions = {}): Promise<Serving> {
	const serving = await startService({ heartbeatIntervalMs: 0, ...options }, (clientId) => ({
		clientId,
		standalone: true,
	}));
	closing.push(
		() => serving.server.destroy(),
		() => serving.sse.close(),
	);
	return serving;
}

const standalone = { clientId: "ada", standalone: true };

const HISTORIES: [name: string, options: () => SSEServiceOptions][] = [
	["without history", () => ({})],
	["with history", () => ({ history: { groups: { default: { latest: true } } } })],
	["with an eventLog", () => ({ eventLog: createEngineEventLog(new MemoryEngine().driver()) })],
];

it.each(HISTORIES)(
	"%s, it is sent only what its handle and its response send",
	async (_n, options) => {
		const { sse, open } = await serve(options());
		const other = await open({ clientId: "ada" });
		const { connection, stream } = await open(standalone);
		expect(sse.send("all", "to everyone")).toBe(1);
		expect(sse.send({ client: "ada" }, "to ada")).toBe(1);
		expect(sse.send({ group: "default" }, "to a group")).toBe(1);
		expect(sse.send("all", "skipped", { volatile: true })).toBe(1);
		expect(sse.join({ connection }, "room")).toBe(0);
		expect(connection.groups).toEqual([]);
		expect(connection.send("one", { id: 7 })).toBe(1);
		expect(sse.send({ connection: connection.response }, "two")).toBe(1);
		expect(await connection.pipe(["three"])).toBe(1);
		await other.stream.take(4);
		connection.close();
		await stream.ended;
		expect(stream.text).toBe(": open\nid: 7\ndata: one\n\ndata: two\n\ndata: three\n\n");
	},
);

it("is in no list and no group, and has its own client", async () => {
	const { sse, open } = await serve();
	await open({ clientId: "ada", meta: { n: 1 } });
	const { connection } = await open({ ...standalone, meta: { n: 2 } });
	expect(sse.getClient("ada")?.connections).toHaveLength(1);
	expect(sse.getClients()).toHaveLength(1);
	expect(sse.getGroups()).toEqual([{ name: "default", connections: 1, clients: 1 }]);
	expect(await sse.clientsIn()).toEqual([{ clientId: "ada", meta: { n: 1 }, connections: 1 }]);
	expect(sse.stats()).toMatchObject({ connections: 2, clients: 1, groups: 1 });
	sse.disconnect({ client: "ada" });
	expect(connection.closed).toBe(false);
	expect(sse.disconnect({ connection })).toBe(1);
	expect(sse.stats().connections).toBe(0);
});

it("its callbacks receive a client with this connection and its meta", async () => {
	const told: unknown[] = [];
	const note = ({ client }: { client: ReturnType<SSEService["getClients"]>[number] }): void =>
		void told.push([client.clientId, client.meta, client.connections.length]);
	const { open } = await serve({ onConnect: note, onDisconnect: note });
	const { stream } = await open({ ...standalone, meta: { n: 2 } });
	stream.abort();
	await eventually(() => told.length === 2);
	expect(told).toEqual([
		["ada", { n: 2 }, 1],
		["ada", { n: 2 }, 0],
	]);
});

it("counts for the limits like any other", async () => {
	const { sse, server } = await serve({ maxConnectionsPerClient: 2, maxConnections: 3 });
	const status = async (path: string): Promise<number> =>
		(await openStream(`${server.url}/${path}`)).status;
	expect([await status("ada"), await status("ada"), await status("ada")]).toEqual([200, 200, 429]);
	expect([await status("bob"), await status("bob")]).toEqual([200, 503]);
	expect(sse.stats().connections).toBe(3);
});

it("gets heartbeats without an id and no gap, and reconnects with its own id", async () => {
	const { sse, open, connections } = await serve({ history: true, heartbeatIntervalMs: 20 });
	await sse.publish("all", "x");
	const { stream } = await open(standalone, "7");
	await eventually(() => stream.text.includes(": heartbeat"));
	expect(stream.text).not.toMatch(/id:|gap/);
	const [connection] = connections;
	expect(connection?.lastEventId).toBe("7");
	expect(connection?.lastOwnId).toBe("7");
	expect(connection?.resumed).toBe(false);
});

it.each(["at once", "over drainMs"])("ends with the service, %s", async (how) => {
	const { sse, open } = await serve({ history: true });
	const { stream, connection } = await open(standalone);
	const closed = sse.close(how === "at once" ? {} : { drainMs: 50 });
	expect(await stream.ended).toBe(true);
	await closed;
	expect(connection.closeReason).toBe("shutdown");
	expect(stream.text).not.toContain("id:");
});

it.each<[string, object]>([
	["with a group", { standalone: true, groupName: "a" }],
	["with groups", { standalone: true, groups: [] }],
	["that is no boolean", { standalone: 1 }],
])("is refused %s", async (_name, params) => {
	const { server, sse } = await startService({}, () => params as Partial<ConnectParams>);
	closing.push(
		() => server.destroy(),
		() => sse.close(),
	);
	const stream = await openStream(server.url);
	await stream.ended;
	expect(stream.text).toBe("ERR_SSE_INVALID_OPTION");
});

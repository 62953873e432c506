/**
 * Version 2 of the SDK: its subscriptions over our bus, on two servers with one Redis, and its transport over our event store.
 */
import { randomUUID } from "node:crypto";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { NodeStreamableHTTPServerTransport, toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { redisEventLog } from "@sse-service/redis";
import { eventually, settled, startServer, type TestServer } from "@sse-service/testing";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import type { Redis } from "ioredis";
import { createMemoryEventLog } from "sse-service/adapter";
import type { EventLog } from "sse-service/engine";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createMcpEventBus, createMcpEvents, type McpEventBusOptions } from "../src/index.js";
import { openRedis } from "./stores.js";

const closing: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

const LIST_KINDS = ["prompts/list_changed", "resources/list_changed", "tools/list_changed"];

async function serve(options: McpEventBusOptions) {
	const bus = createMcpEventBus(options);
	const capabilities = {
		tools: { listChanged: true },
		prompts: { listChanged: true },
		resources: { listChanged: true, subscribe: true },
	};
	const handler = createMcpHandler(
		() => new McpServer({ name: "app", version: "1.0.0" }, { capabilities }),
		{ bus },
	);
	const handle = toNodeHandler(handler);
	const server = await startServer((req, res) => handle(req as Parameters<typeof handle>[0], res));
	closing.push(async () => {
		await handler.close();
		await bus.close();
		await server.destroy();
	});
	return { bus, handler, server };
}

/** A client that is subscribed to all lists and one resource. @returns what it is notified of */
async function subscribe({ url }: TestServer): Promise<string[]> {
	const client = new Client(
		{ name: "test", version: "1.0.0" },
		{ versionNegotiation: { mode: "auto" } },
	);
	const heard: string[] = [];
	for (const method of [
		"notifications/tools/list_changed",
		"notifications/prompts/list_changed",
		"notifications/resources/list_changed",
		"notifications/resources/updated",
	] as const) {
		client.setNotificationHandler(method, ({ params }) => {
			const uri = (params as { readonly uri?: string } | undefined)?.uri;
			heard.push(method.replace("notifications/", "") + (uri === undefined ? "" : ` ${uri}`));
		});
	}
	await client.connect(new StreamableHTTPClientTransport(new URL(url)));
	closing.push(() => client.close());
	await client.listen({
		toolsListChanged: true,
		promptsListChanged: true,
		resourcesListChanged: true,
		resourceSubscriptions: ["app://one"],
	});
	return heard;
}

describe.skipIf(redisServerPath === undefined)("the bus over Redis", () => {
	let redis: Awaited<ReturnType<typeof startRedisServer>>;
	let client: Redis;

	beforeAll(async () => {
		redis = await startRedisServer();
		client = openRedis(redis.port);
	});
	afterAll(async () => {
		client.disconnect();
		await redis.stop();
	});

	const eventLog = (): EventLog => redisEventLog({ client, prefix: "mcp" });

	it("notifies the subscriptions of every server, and refreshes everything after a loss", async () => {
		const [a, b] = [await serve({ eventLog: eventLog() }), await serve({ eventLog: eventLog() })];
		const heard = [await subscribe(a.server), await subscribe(b.server)];
		const all = async (test: (each: string[]) => boolean, what: string): Promise<void> => {
			for (const each of heard)
				await settled(
					eventually(() => test(each)),
					what,
				);
		};
		a.handler.notify.resourceUpdated("app://other");
		b.handler.notify.resourceUpdated("app://one");
		await all((each) => each.includes("resources/updated app://one"), "the update");
		expect(heard.flat()).not.toContain("resources/updated app://other");

		for (const each of heard) each.length = 0;
		await client.flushall();
		a.handler.notify.toolsChanged();
		await all(
			(each) =>
				each.includes("resources/updated app://one") &&
				LIST_KINDS.every((kind) => each.includes(kind)),
			"everything to be refreshed",
		);
	});
});

describe("the bus", () => {
	it("calls listeners in order, without those that left, whatever one of them throws", async () => {
		const errors: unknown[] = [];
		const bus = createMcpEventBus({
			eventLog: createMemoryEventLog(),
			// Its own failures have no receiver.
			onError: async (error) => {
				errors.push(error);
				throw error;
			},
		});
		closing.push(() => bus.close());
		const heard: unknown[] = [];
		bus.subscribe(() => {
			throw new Error("of a listener");
		});
		const listener = (event: unknown): unknown => heard.push(event);
		const leave = [bus.subscribe(listener), bus.subscribe(listener)];
		const updated = {
			kind: "resource_updated",
			uri: "a\nb\u2028c",
			params: { _meta: { a: 1 } },
		} as const;
		bus.publish(updated);
		leave[0]?.();
		leave[0]?.();
		bus.publish({ kind: "tools_list_changed" });
		expect(heard).toEqual([updated, updated, { kind: "tools_list_changed" }]);
		expect(errors).toEqual([new Error("of a listener"), new Error("of a listener")]);
	});

	it("names the application's resources after a loss, or else those it has seen", async () => {
		for (const resources of [undefined, () => ["app://2", "app://3"]]) {
			const log = createMemoryEventLog();
			let lose: () => void = () => {};
			const open = log.open.bind(log);
			log.open = (host) => {
				const position = open(host);
				lose = () => host.onBreak(log.position ?? { epoch: "", sequence: 0, tag: "0" });
				return position;
			};
			const bus = createMcpEventBus({ eventLog: log, resources });
			closing.push(() => bus.close());
			bus.publish({ kind: "resource_updated", uri: "app://1" });
			const heard: unknown[] = [];
			bus.subscribe((event) => heard.push("uri" in event ? event.uri : event.kind));
			lose();
			expect(heard).toEqual([
				"tools_list_changed",
				"prompts_list_changed",
				"resources_list_changed",
				...(resources?.() ?? ["app://1"]),
			]);
		}
	});

	it("says that everything has changed after an event that could not be stored", async () => {
		const log = createMemoryEventLog();
		const append = log.append.bind(log);
		let refusals = 1;
		log.append = (entry) => {
			if (refusals-- > 0) throw new Error("busy");
			return append(entry);
		};
		const errors: unknown[] = [];
		const bus = createMcpEventBus({ eventLog: log, onError: (error) => errors.push(error) });
		closing.push(() => bus.close());
		const heard: string[] = [];
		bus.subscribe(({ kind }) => heard.push(kind));
		bus.publish({ kind: "tools_list_changed" });
		expect([heard, errors]).toEqual([[], [new Error("busy")]]);
		bus.publish({ kind: "prompts_list_changed" });
		await eventually(() => heard.length === 4, "everything to be refreshed");
		expect(
			heard
				.slice(1)
				.map((kind) => kind.replace("_list", "/list"))
				.sort(),
		).toEqual(LIST_KINDS);
	});

	it("refuses what is no event log", () => {
		for (const options of [{}, { eventLog: 1 }, { eventLog: createMemoryEventLog(), log: 1 }]) {
			expect(() => createMcpEventBus(options as never)).toThrowError(
				expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
			);
		}
	});
});

describe("the transport of version 2", () => {
	it("resumes a call whose connection breaks", async () => {
		const events = createMcpEvents();
		const sessionId = randomUUID();
		const transport = new NodeStreamableHTTPServerTransport({
			sessionIdGenerator: () => sessionId,
			eventStore: events.session(sessionId),
			retryInterval: 10,
		});
		const mcp = new McpServer({ name: "app", version: "1.0.0" });
		let release: () => void = () => {};
		let isCalled = false;
		mcp.registerTool("wait", {}, async () => {
			isCalled = true;
			await new Promise<void>((resolve) => {
				release = resolve;
			});
			return { content: [{ type: "text", text: "released" }] };
		});
		await mcp.connect(transport);
		const returned: string[] = [];
		const server = await startServer((req, res) => {
			const id = req.headers["last-event-id"];
			if (id !== undefined) returned.push(`${id}`);
			return transport.handleRequest(req, res);
		});
		closing.push(
			() => events.close(),
			() => server.destroy(),
			() => mcp.close(),
		);
		const client = new Client({ name: "test", version: "1.0.0" });
		await client.connect(new StreamableHTTPClientTransport(new URL(server.url)));
		closing.push(() => client.close());
		const ids: string[] = [];
		const onresumptiontoken = (id: string): unknown => ids.push(id);
		const answer = settled(client.callTool({ name: "wait" }, { onresumptiontoken }), "the answer");
		await eventually(() => isCalled && ids.length > 0, "the priming event");
		for (const socket of server.sockets) socket.destroy();
		await eventually(() => returned.length > 0, "the client to reconnect");
		release();
		expect(await answer).toMatchObject({ content: [{ text: "released" }] });
	});
});

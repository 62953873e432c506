/**
 * The README, read to the letter.
 */
import { join } from "node:path";
import {
	Client as SubscribedClient,
	StreamableHTTPClientTransport as SubscribedTransport,
} from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { eventually, openStream, settled } from "@sse-service/testing";
import { codeOf } from "@sse-service/testing/markdown";
import { describeReadmes } from "@sse-service/testing/readme";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import { useSuiteServer } from "@sse-service/testing/suite-server";
import { createMemoryRunStore } from "sse-service/runs";
import { describe, expect, it } from "vitest";
import { createMcpEventBus, createMcpEvents } from "../src/index.js";
import { resolveOptions } from "../src/options.js";

const PACKAGE = join(import.meta.dirname, "..");
const linkedTo = (...names: string[]): Record<string, string> =>
	Object.fromEntries(names.map((name) => [name, join(PACKAGE, "node_modules", name)]));

describe.skipIf(redisServerPath === undefined)("the README", () => {
	useSuiteServer("REDIS_URL", startRedisServer);

	const { table } = describeReadmes({
		files: [join(PACKAGE, "README.md")],
		project: {
			packages: ["@sse-service/mcp", "@sse-service/redis"],
			linked: linkedTo(
				"@modelcontextprotocol/sdk",
				"@modelcontextprotocol/server",
				"@modelcontextprotocol/node",
				"ioredis",
			),
		},
		programs: {
			"server.mjs": async ({ url, terminate }) => {
				const sent: string[] = [];
				const transport = new StreamableHTTPClientTransport(new URL(url), {
					fetch: (target, init) => {
						const id = new Headers(init?.headers).get("last-event-id");
						if (id !== null) sent.push(id);
						return fetch(target, init);
					},
				});
				const client = new Client({ name: "test", version: "1.0.0" });
				await client.connect(transport);
				const answer = await settled(client.callTool({ name: "report" }), "the report");
				expect(answer).toMatchObject({ content: [{ text: "All is well." }] });
				expect(sent).toHaveLength(1);

				const headers = { Accept: "text/event-stream", "Mcp-Session-Id": "of another process" };
				expect((await openStream(url, { headers })).status).toBe(404);
				const lastEventId = { ...headers, "Last-Event-ID": sent[0] ?? "" };
				expect((await openStream(url, { headers: lastEventId })).status).toBe(500);
				expect(await terminate()).toBe(0);
				await client.close();
			},
			"subscriptions.mjs": async ({ url, terminate }) => {
				const client = new SubscribedClient(
					{ name: "test", version: "1.0.0" },
					{ versionNegotiation: { mode: "auto" } },
				);
				const updated: string[] = [];
				client.setNotificationHandler("notifications/resources/updated", ({ params }) => {
					updated.push(params.uri);
				});
				await client.connect(new SubscribedTransport(new URL(`${url}/mcp`)));
				await client.listen({ resourceSubscriptions: ["note://1"] });
				const page = await openStream(`${url}/events`);
				expect((await fetch(`${url}/1`, { method: "PUT" })).status).toBe(204);
				expect(await page.take(1)).toMatchObject([{ event: "note", data: '{"name":"1"}' }]);
				await eventually(() => updated.includes("note://1"), "the notification");
				expect(await terminate()).toBe(0);
				await client.close();
			},
		},
	});

	it("names every option, with its default", () => {
		const rows = table("events").rows.map(([name = "", byDefault = ""]) => [
			codeOf(name)[0],
			codeOf(byDefault)[0],
		]);
		const { store, onError, ...numbers } = resolveOptions({ store: createMemoryRunStore() });
		const known = Object.entries({ store, ...numbers, onError }).map(([name, value]) => [
			name,
			typeof value === "number" ? `${value}` : undefined,
		]);
		expect(rows).toEqual(known);
		const bus = table("bus").rows.map(([name = ""]) => codeOf(name)[0]);
		expect(bus).toEqual(["eventLog", "resources", "onError"]);
	});
});

describe("options", () => {
	it("are refused with a code when they are wrong", () => {
		const invalid = expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" });
		for (const options of [
			{ ttlMs: 0 },
			{ maxEvents: -1 },
			{ store: 1 },
			{ ttl: 1 },
			{ onError: 1 },
		]) {
			expect(() => createMcpEvents(options as never)).toThrowError(invalid);
		}
		expect(() => createMcpEventBus({} as never)).toThrowError(invalid);
		for (const id of ["", "x".repeat(1_025), undefined]) {
			expect(() => createMcpEvents().session(id as string)).toThrowError(
				expect.objectContaining({ code: "ERR_SSE_INVALID_CLIENT_ID" }),
			);
		}
	});
});

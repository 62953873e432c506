/**
 * The SDK's own client and transport, version 1: broken in the middle of a call, and resumed, here or on another server.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { LoggingMessageNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { eventually, openStream, settled } from "@sse-service/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createMcpEvents } from "../src/index.js";
import { type App, startApp } from "./app.js";
import { STORES } from "./stores.js";

describe.each(STORES.filter(({ isHere }) => isHere))("the SDK's client, events $name", (kind) => {
	let started: Awaited<ReturnType<typeof kind.start>>;
	const closing: (() => unknown)[] = [];

	beforeAll(async () => {
		started = await kind.start();
	});
	afterAll(() => started.stop());
	afterEach(async () => {
		for (const close of closing.splice(0).reverse()) await close();
	});

	async function start(): Promise<App> {
		const store = started.open();
		// In memory, the apps share one.
		if (kind.name === "in memory") Object.assign(store, { close: async () => {} });
		const app = await startApp(createMcpEvents({ store }));
		closing.push(() => app.close());
		return app;
	}

	/** A client whose requests go to the given app. */
	async function connect(url: string) {
		let current = url;
		const said: unknown[] = [];
		const ids: string[] = [];
		const sent: string[] = [];
		const transport = new StreamableHTTPClientTransport(new URL(url), {
			fetch: (_url, init) => {
				const id = new Headers(init?.headers).get("last-event-id");
				if (id !== null) sent.push(id);
				return fetch(current, init);
			},
			reconnectionOptions: {
				initialReconnectionDelay: 10,
				maxReconnectionDelay: 10,
				reconnectionDelayGrowFactor: 1,
				maxRetries: 1_000,
			},
		});
		const client = new Client({ name: "test", version: "1.0.0" });
		client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
			said.push(params.data);
		});
		await client.connect(transport);
		closing.push(() => client.close());
		const call = (name: string) =>
			settled(
				client.callTool({ name }, undefined, { onresumptiontoken: (id) => ids.push(id) }),
				`the answer of ${name}`,
			);
		return {
			transport,
			said,
			ids,
			sent,
			call,
			moveTo: (other: string) => {
				current = other;
			},
		};
	}

	it("gets every message once when its connection breaks in the middle of a call", async () => {
		const app = await start();
		const { call, said, sent } = await connect(app.url);
		const answer = call("wait");
		await eventually(() => said.length === 1, "the first message");
		for (const socket of app.server.sockets) socket.destroy();
		await eventually(() => sent.length > 0, "the client to reconnect");
		app.release();
		expect(await answer).toMatchObject({ content: [{ text: "released" }] });
		expect(said).toEqual(["one", "two"]);
	});

	it("resumes a stream that the server closed in the middle of a call", async () => {
		const { call, said, sent } = await connect((await start()).url);
		expect(await call("test_reconnection")).toMatchObject({ content: [{ text: "reconnected" }] });
		expect(said).toEqual(["closing"]);
		expect(sent.length).toBeGreaterThan(0);
	});

	it("resumes on another server while the first one is still working", async () => {
		const [home, other] = [await start(), await start()];
		const { call, said, sent, moveTo } = await connect(home.url);
		const answer = call("wait");
		await eventually(() => said.length === 1, "the first message");
		moveTo(other.url);
		for (const socket of home.server.sockets) socket.destroy();
		await eventually(() => sent.length > 0, "the client to reconnect");
		home.release();
		expect(await answer).toMatchObject({ content: [{ text: "released" }] });
		expect(said).toEqual(["one", "two"]);
	});

	/** A client of a process of its own, which goes to another server when that process is dead. */
	async function connectToMortal() {
		const program = join(import.meta.dirname, "apps/server.mjs");
		const child = spawn(process.execPath, [program, `${started.port}`], {
			stdio: ["ignore", "pipe", "inherit"],
		});
		closing.push(() => child.kill("SIGKILL"));
		const [port] = await settled(once(child.stdout, "data"), "the process to serve");
		const client = await connect(`http://127.0.0.1:${Number(port)}/mcp`);
		const other = await start();
		child.once("exit", () => client.moveTo(other.url));
		return { ...client, child };
	}

	it.runIf(kind.name === "in Redis")("gets the answer of a process that was killed", async () => {
		const { call, said } = await connectToMortal();
		expect(await call("report")).toMatchObject({ content: [{ text: "the last words" }] });
		expect(said).toEqual(["one"]);
	});

	it.runIf(kind.name === "in Redis")(
		"gets an error, and does not wait forever, when a process is killed before its answer",
		async () => {
			const { call, said, child } = await connectToMortal();
			const answer = call("hang").catch((error: unknown) => error);
			await eventually(() => said.length === 1, "the first message");
			child.kill("SIGKILL");
			expect(await answer).toMatchObject({
				code: -32603,
				message: expect.stringContaining("process that handled the request has ended"),
			});
		},
	);

	it("is refused with an id of another session", async () => {
		const app = await start();
		const [one, another] = [await connect(app.url), await connect(app.url)];
		const answer = one.call("wait");
		await eventually(() => one.ids.length > 0, "an id");
		const headers = {
			Accept: "text/event-stream",
			"Mcp-Session-Id": another.transport.sessionId ?? "",
			"Last-Event-ID": one.ids[0] ?? "",
		};
		const { status } = await openStream(app.url, { headers });
		expect(status).toBe(500);
		expect(app.errors.at(-1)).toMatchObject({ code: "ERR_SSE_RUN_UNKNOWN" });
		app.release();
		await answer;
	});
});

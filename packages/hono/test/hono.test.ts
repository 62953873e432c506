/**
 * What is Hono's own: contexts, exceptions, responses that come back.
 */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { eventually, openStream } from "@sse-service/testing";
import { Hono } from "hono";
import { except } from "hono/combine";
import { etag } from "hono/etag";
import { HTTPException } from "hono/http-exception";
import { createSSEService, type SSEConnection, type SSEService } from "sse-service";
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { type ContextSSE, type SSEMiddleware, sse } from "../src/index.js";

let service: SSEService;
let middleware: SSEMiddleware;
let app: Hono;
let server: Server;
let reasons: string[];

beforeEach(() => {
	reasons = [];
	service = createSSEService({
		maxConnectionsPerClient: 1,
		onDisconnect: ({ reason }) => reasons.push(reason),
	});
	middleware = sse({ service });
	app = new Hono();
	app.use(middleware);
});

afterEach(async () => {
	if (!server?.listening) return;
	const closed = once(server, "close");
	server.close();
	await closed;
});

async function listen(): Promise<string> {
	server = middleware.closeWith(createAdaptorServer(app) as Server);
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("c.var.sse", () => {
	it("returns at once, in a handler of a sub-app", async () => {
		const api = new Hono();
		api.get("/events", (c) => {
			const { connection, response } = c.var.sse({ clientId: "ada", groupName: "news" });
			connection.send(connection.response === response);
			return response;
		});
		app.route("/api", api);
		const stream = await openStream(`${await listen()}/api/events`);
		expect(await stream.take(1)).toEqual([{ data: "true" }]);
		expect(middleware.service).toBe(service);
		expect(middleware.service.send({ group: "news" }, "hello")).toBe(1);
	});

	it("is there by the name of the option variable", async () => {
		const named = sse({ service: createSSEService(), variable: "events" });
		app.get(
			"/",
			named,
			(c) => (c.get("events" as never) as ContextSSE)({ clientId: "ada" }).response,
		);
		await openStream(await listen());
		expect(named.service.getClient("ada")).toBeDefined();
		await named.close();
	});

	it("is the one of the later middleware", async () => {
		const later = sse({ service: createSSEService() });
		app.get("/", later, (c) => c.var.sse().response);
		await openStream(await listen());
		expect([later.service, service].map((each) => each.stats().connections)).toEqual([1, 0]);
		await later.close();
	});

	it("works where there is no server, as app.request() tests it", async () => {
		app.get("/", (c) => {
			const { connection, response } = c.var.sse();
			connection.send("hello");
			connection.close();
			return response;
		});
		const response = await app.request("/");
		expect(response.headers.get("content-type")).toBe("text/event-stream");
		expect(await response.text()).toBe(": open\ndata: hello\n\n");
	});
});

describe("headers", () => {
	it("of the context may restrict caches further, but cannot remove the stream's own", async () => {
		app.use(async (c, next) => {
			c.res.headers.set("Cache-Control", "private, max-age=60");
			c.res.headers.set("Content-Length", "5");
			c.res.headers.set("X-Before", "1");
			await next();
			c.header("X-After", "2");
		});
		app.get("/", (c) => {
			const headers = [["Set-Cookie", "b=2"]] as [string, string][];
			c.header("Set-Cookie", "a=1", { append: true });
			return c.var.sse({ headers }).response;
		});
		const { headers } = await openStream(await listen());
		expect(headers).toMatchObject({
			"cache-control": "private, no-cache, no-transform",
			"content-type": "text/event-stream",
			"x-accel-buffering": "no",
			"x-before": "1",
			"x-after": "2",
			"set-cookie": ["a=1", "b=2"],
		});
		expect(headers).not.toHaveProperty("content-length");
	});
});

describe("etag", () => {
	it("answers when the stream has ended, and at once where except leaves it out", async () => {
		app.use(except("/left-out", etag()));
		app.get("/*", (c) => {
			const { connection, response } = c.var.sse();
			connection.send("one");
			return response;
		});
		const url = await listen();
		const stream = await openStream(`${url}/left-out`);
		expect(await stream.take(1)).toEqual([{ data: "one" }]);
		expect(stream.headers).not.toHaveProperty("etag");
		const hashed = openStream(`${url}/hashed`);
		await eventually(() => service.stats().connections === 2);
		service.disconnect("all");
		expect((await hashed).headers).toHaveProperty("etag");
	});
});

describe("an error", () => {
	it("with a status is an HTTPException, which Hono answers, with the error as its cause", async () => {
		app.get("/", (c) => c.var.sse({ clientId: "ada" }).response);
		const url = await listen();
		await openStream(url);
		const refused = await fetch(url);
		expect(refused.status).toBe(429);
		expect(await refused.json()).toMatchObject({ code: "ERR_SSE_MAX_CONNECTIONS_PER_CLIENT" });
		let caught: unknown;
		app.onError((error, c) => {
			caught = error;
			return c.text("no", 400);
		});
		expect((await fetch(url)).status).toBe(400);
		expect(caught).toBeInstanceOf(HTTPException);
		expect(caught).toMatchObject({
			status: 429,
			cause: { code: "ERR_SSE_MAX_CONNECTIONS_PER_CLIENT" },
		});
	});

	it("without a status reaches onError as it is", async () => {
		app.get("/", (c) => c.var.sse({ groups: 7 as never }).response);
		app.get("/mistake", (c) => c.var.sse({ group: "x" } as never).response);
		app.onError((error, c) => c.text((error as { code?: string }).code ?? "other", 500));
		const text = await (await fetch(`${await listen()}/mistake`)).text();
		expect(text).toBe("ERR_SSE_INVALID_OPTION");
	});

	// Hono catches an Error only. Where no server shows its response, nothing else ended the stream for a minute.
	it("that is no Error ends the stream, and reaches the caller", async () => {
		app.get("/events", (c) => {
			c.var.sse();
			return Promise.reject("odd");
		});
		await expect(Promise.resolve(app.request("/events"))).rejects.toBe("odd");
		await eventually(() => reasons.length > 0);
		expect(reasons).toEqual(["error"]);
	});

	it("that is thrown after the stream has opened is answered, and ends the stream with its reason", async () => {
		app.get("/", (c) => {
			c.var.sse();
			throw new HTTPException(418, { message: "a teapot" });
		});
		const response = await fetch(await listen());
		expect([response.status, await response.text()]).toEqual([418, "a teapot"]);
		await eventually(() => service.stats().connections === 0);
		expect(reasons).toEqual(["error"]);
	});
});

it("a stream whose response the handler does not return ends at once", async () => {
	let connection: Pick<SSEConnection, "closeReason"> | undefined;
	app.get("/", (c) => {
		({ connection } = c.var.sse());
		return c.text("something else");
	});
	expect(await (await fetch(await listen())).text()).toBe("something else");
	expect(connection?.closeReason).toBe("server");
});

it("refuses an empty name of the variable", () => {
	expect(() => sse({ variable: "" })).toThrow(
		expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
	);
});

it("a service of your own keeps its event map", () => {
	const own = createSSEService<{ tick: { n: number } }>();
	const typed = sse({ service: own });
	expectTypeOf(typed.service).toEqualTypeOf(own);
	typed.service.send("all", { n: 1 }, { event: "tick" });
	// @ts-expect-error: there is no such event
	typed.service.send("all", { n: 1 }, { event: "tock" });
});

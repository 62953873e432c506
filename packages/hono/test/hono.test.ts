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
	it("does not come from the function in the place of the middleware, which says what to do instead", async () => {
		const uncalled = new Hono();
		uncalled.onError((error, c) => c.text(error.message, 500));
		uncalled.use(sse as unknown as SSEMiddleware);
		expect(await (await uncalled.request("/")).text()).toBe(
			"The middleware is what the function returns: call it, as in app.use(sse())",
		);
	});

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

// The context's headers were taken away for the stream, and an answer with a user's data went out without `no-store`.
describe("headers of an answer that is not the stream", () => {
	beforeEach(() => {
		app.use(async (c, next) => {
			c.header("Cache-Control", "private, no-store");
			c.header("Content-Length", "5");
			await next();
		});
		app.onError((error, c) => c.json({ code: (error as { code?: string }).code }, 500));
	});
	const answer = async (path: string, method = "GET") => {
		const { status, headers } = await app.request(path, { method });
		return { status, ...Object.fromEntries(headers) };
	};

	it("are those of the context, whether the handler throws or returns it", async () => {
		app.get("/returned", (c) => {
			c.var.sse();
			return c.json({ secret: "of ada" });
		});
		app.get("/own", (c) => {
			c.var.sse();
			c.header("Cache-Control", "max-age=1");
			return c.text("public");
		});
		app.get("/thrown", (c) => {
			c.var.sse();
			throw new Error("late");
		});
		const noStore = { "cache-control": "private, no-store" };
		for (const method of ["GET", "HEAD"]) {
			expect(await answer("/returned", method)).toMatchObject({ status: 200, ...noStore });
		}
		expect(await answer("/thrown")).toMatchObject({ status: 500, ...noStore });
		expect(await answer("/own")).toMatchObject({ status: 200, "cache-control": "max-age=1" });
		// That of what the stream replaced.
		expect(await answer("/returned")).not.toHaveProperty("content-length");
	});

	it("are not those of a stream that was refused", async () => {
		app.get("/refused", (c) => {
			const headers = { "X-Stream": "1", "Set-Cookie": "a=1" };
			return c.var.sse({ groups: 7 as never, headers }).response;
		});
		const refused = await answer("/refused");
		expect(refused).toMatchObject({ status: 500, "cache-control": "private, no-store" });
		expect(refused).not.toHaveProperty("x-stream");
		expect(refused).not.toHaveProperty("set-cookie");
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
		app.get("/header", (c) => c.var.sse({ headers: { "bad name": "1" } }).response);
		app.onError((error, c) => c.text((error as { code?: string }).code ?? "other", 500));
		const url = await listen();
		const text = async (path: string) => (await fetch(url + path)).text();
		expect(await text("/mistake")).toBe("ERR_SSE_INVALID_OPTION");
		expect(await text("/header")).toBe("ERR_SSE_INVALID_HEADERS");
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

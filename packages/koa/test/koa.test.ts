/**
 * What is Koa's own: the context, errors that it answers, what it does with a response that is taken.
 */
import { once } from "node:events";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { eventually, openStream } from "@sse-service/testing";
import Koa3 from "koa";
import session from "koa-session";
import { createSSEService, type SSEService } from "sse-service";
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { type ContextSSE, type SSEMiddleware, sse } from "../src/index.js";

const Koa2 = createRequire(import.meta.url)("koa-2") as typeof Koa3;

describe.each([
	["3", Koa3],
	["2", Koa2],
])("on Koa %s", (_version, Koa) => {
	let service: SSEService;
	let middleware: SSEMiddleware;
	let app: Koa3;
	let server: Server;
	let reasons: string[];
	let failures: unknown[];

	beforeEach(() => {
		[reasons, failures] = [[], []];
		service = createSSEService({
			maxConnectionsPerClient: 1,
			onDisconnect: ({ reason }) => reasons.push(reason),
		});
		middleware = sse({ service });
		app = new Koa();
		app.silent = true;
		app.on("error", (error) => failures.push(error));
		app.use(middleware);
	});

	afterEach(async () => {
		if (!server?.listening) return;
		const closed = once(server, "close");
		server.close();
		await closed;
	});

	async function listen(): Promise<string> {
		server = middleware.closeWith(app.listen(0, "127.0.0.1"));
		if (!server.listening) await once(server, "listening");
		return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	}

	it("the function in the place of the middleware says what to do instead", async () => {
		app.use(sse as unknown as SSEMiddleware);
		expect((await fetch(await listen())).status).toBe(500);
		expect(failures).toMatchObject([
			{ message: "The middleware is what the function returns: call it, as in app.use(sse())" },
		]);
	});

	it("ctx.sse returns at once, and the handler may return", async () => {
		app.use((ctx) => {
			const { connection, currConnection } = ctx.sse({ clientId: "ada", groupName: "news" });
			connection.send(currConnection === ctx.res);
		});
		const stream = await openStream(await listen());
		expect(await stream.take(1)).toEqual([{ data: "true" }]);
		expect(middleware.service).toBe(service);
		expect(middleware.service.send({ group: "news" }, "hello")).toBe(1);
		expect(stream.headers["content-type"]).toBe("text/event-stream");
	});

	it("a limit throws, and Koa answers with its status and headers", async () => {
		app.use((ctx) => void ctx.sse({ clientId: "ada" }));
		const url = await listen();
		await openStream(url);
		expect((await openStream(url)).status).toBe(429);
		await middleware.close();
		const refused = await openStream(url);
		expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "1"]);
	});

	it("what a handler throws after the stream has opened ends it with reason error", async () => {
		const error = new Error("too late");
		app.use((ctx) => {
			ctx.sse().connection.send("before");
			throw error;
		});
		const stream = await openStream(await listen());
		expect(await stream.ended).toBe(true);
		expect(stream.events).toEqual([{ data: "before" }]);
		expect(reasons).toEqual(["error"]);
		expect(failures).toEqual([error]);
	});

	// koa-session commits once more when the handler has returned. `ctx.cookies.set` threw, which ended the stream, so the client
	// came back for ever: also for a session that had been committed, as the README says, and for one that had not changed.
	it.each([
		["changed", {}, true],
		["rolling", { rolling: true }, true],
		["rolling, and not committed", { rolling: true }, false],
		["changed, and not committed", {}, false],
	])("a stream outlives koa-session: %s", async (name, options, commits) => {
		const returned: string[] = [];
		app.use((ctx, next) => next().finally(() => returned.push(ctx.path)));
		app.use(session({ signed: false, ...options }, app));
		app.use(async (ctx) => {
			if (ctx.path === "/login") {
				ctx.session.user = "ada";
				ctx.status = 204;
				return;
			}
			if (name.startsWith("changed")) ctx.session.visits = 1;
			if (commits) await ctx.session.manuallyCommit();
			ctx.sse({ clientId: ctx.session.user });
		});
		const url = await listen();
		const login = await fetch(`${url}/login`);
		const [cookie = ""] = login.headers.getSetCookie();
		const stream = await openStream(url, { headers: { cookie } });
		await eventually(() => returned.includes("/"));
		expect(service.send("all", "hello")).toBe(1);
		expect(await stream.take(1)).toEqual([{ data: "hello" }]);
		expect(stream.headers["set-cookie"]?.length).toBe(commits ? 1 : undefined);
		const codes = failures.map((error) => (error as { code?: string }).code);
		expect(codes).toEqual(commits ? [] : ["ERR_HTTP_HEADERS_SENT"]);
	});

	it("a cookie that cannot be set at all still throws", async () => {
		app.use((ctx) => {
			ctx.sse();
			ctx.cookies.set("no\nname", "value");
		});
		const stream = await openStream(await listen());
		expect(await stream.ended).toBe(true);
		expect(reasons).toEqual(["error"]);
	});

	it("contexts have it by the name of the option decorator", async () => {
		const named = sse({ service: createSSEService(), decorator: "events" });
		app.use(named);
		app.use((ctx) => void (ctx.events as ContextSSE)({ clientId: "ada" }));
		await openStream(await listen());
		expect(named.service.getClient("ada")).toBeDefined();
		await named.close();
	});

	it("where two middlewares have run, ctx.sse is that of the later one", async () => {
		const later = sse({ service: createSSEService() });
		app.use(later);
		app.use((ctx) => void ctx.sse());
		await openStream(await listen());
		expect([later.service, service].map((each) => each.stats().connections)).toEqual([1, 0]);
		await later.close();
	});
});

it("refuses an empty name of the function", () => {
	expect(() => sse({ decorator: "" })).toThrow(
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

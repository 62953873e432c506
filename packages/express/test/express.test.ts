/**
 * What is Express's own: errors that throw, routers, the end of a server.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import net, { type AddressInfo } from "node:net";
import tls from "node:tls";
import { eventually, measureIdle, openSocket, openStream, startServer } from "@sse-service/testing";
import express5, { type ErrorRequestHandler } from "express";
import session from "express-session";
import { createSSEService, type SSEService } from "sse-service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import sseByDefault, { type ResponseSSE, type SSEMiddleware, sse } from "../src/index.js";

const express4 = createRequire(import.meta.url)("express-4") as typeof express5;

describe.each([
	["5", express5],
	["4", express4],
])("on Express %s", (_version, express) => {
	let service: SSEService;
	let middleware: SSEMiddleware;
	let app: express5.Express;
	let server: Server;

	beforeEach(() => {
		service = createSSEService({ maxConnectionsPerClient: 1 });
		middleware = sse({ service });
		app = express();
		app.use(middleware);
	});

	afterEach(async () => {
		if (!server?.listening) return;
		const closed = once(server, "close");
		server.close();
		await closed;
	});

	const listen = async (): Promise<string> => {
		server = middleware.closeWith(app.listen(0, "127.0.0.1"));
		if (!server.listening) await once(server, "listening");
		return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	};

	it("res.sse returns at once, in a handler of a router", async () => {
		const router = express.Router();
		router.get("/events", (_req, res) => {
			const { connection, currConnection } = res.sse({ clientId: "ada", groupName: "news" });
			connection.send(currConnection === res);
		});
		app.use("/api", router);
		const stream = await openStream(`${await listen()}/api/events`);
		expect(await stream.take(1)).toEqual([{ data: "true" }]);
		expect(middleware.service).toBe(service);
		expect(middleware.service.send({ group: "news" }, "hello")).toBe(1);
	});

	it("a limit throws, and Express answers with its status", async () => {
		app.set("env", "test");
		app.get("/", (_req, res) => void res.sse({ clientId: "ada" }));
		const url = await listen();
		await openStream(url);
		expect((await openStream(url)).status).toBe(429);
	});

	it("where two middlewares have run, res.sse is that of the later one", async () => {
		const later = sse({ service: createSSEService() });
		app.get("/", later, (_req, res) => void res.sse());
		app.get("/first", (_req, res) => void res.sse());
		const url = await listen();
		await openStream(url);
		expect([later.service, service].map((each) => each.stats().connections)).toEqual([1, 0]);
		await openStream(`${url}/first`);
		expect([later.service, service].map((each) => each.stats().connections)).toEqual([1, 1]);
		await later.close();
	});

	it("the function in the place of the middleware says what to do instead", async () => {
		let message: unknown;
		const uncalled = express();
		uncalled.use(sse as unknown as express5.RequestHandler);
		const answer: ErrorRequestHandler = (error, _req, res, _next) => {
			({ message } = error);
			res.sendStatus(500);
		};
		uncalled.use(answer);
		app.use(uncalled);
		expect((await fetch(await listen())).status).toBe(500);
		expect(message).toBe(
			"The middleware is what the function returns: call it, as in app.use(sse())",
		);
	});

	it("responses have it by the name of the option decorator, and nothing by another", async () => {
		const named = sse({ service: createSSEService(), decorator: "events" });
		app.get("/", named, (_req, res) => {
			const { events } = res as unknown as { events: ResponseSSE };
			events({ clientId: "ada" }).connection.send(res.sse === events);
		});
		const stream = await openStream(await listen());
		expect(await stream.take(1)).toEqual([{ data: "false" }]);
		expect(named.service.getClient("ada")).toBeDefined();
		await named.close();
	});

	describe("what is thrown after the stream has opened", () => {
		const heard: unknown[] = [];
		const failing: express5.RequestHandler = (_req, res) => {
			const { connection } = res.sse({ onDisconnectCb: ({ error }) => heard.push(["end", error]) });
			connection.send("last");
			throw tooLate;
		};
		const reporting: ErrorRequestHandler = (error, _req, res, next) => {
			heard.push(["middleware", error, res.headersSent]);
			next(error);
		};
		const tooLate = new Error("too late");

		beforeEach(async () => {
			heard.length = 0;
			service = createSSEService({ onError: (error, { stage }) => heard.push([stage, error]) });
			middleware = sse({ service });
			app = express();
			app.set("env", "test");
			app.use(middleware);
			app.get("/", failing);
		});

		it("ends the stream with reason error after its events, and reaches onError, the callbacks and error middleware", async () => {
			app.use(middleware.errorHandler, reporting);
			const stream = await openStream(await listen());
			expect(await stream.ended).toBe(true);
			expect(stream.events).toEqual([{ data: "last" }]);
			await eventually(() => heard.length === 3);
			const [first, ...others] = heard;
			expect(first).toEqual(["handler", tooLate]);
			expect(others).toContainEqual(["end", tooLate]);
			expect(others).toContainEqual(["middleware", tooLate, true]);
			expect(service.stats().closes).toEqual({ error: 1 });
		});

		it("does so when the handler passes it to next later, in the context of the request", async () => {
			const requests = new AsyncLocalStorage<string>();
			const contexts: unknown[] = [];
			app.get("/later", (_req, res, next) => {
				requests.run("mine", () => {
					res.sse();
					setImmediate(() => next(tooLate));
				});
			});
			app.use(middleware.errorHandler);
			app.use(((error, _req, _res, next) => {
				contexts.push(requests.getStore());
				next(error);
			}) as ErrorRequestHandler);
			const stream = await openStream(`${await listen()}/later`);
			expect(await stream.ended).toBe(true);
			await eventually(() => contexts.length === 1);
			expect(contexts).toEqual(["mine"]);
			expect(service.stats().closes).toEqual({ error: 1 });
		});

		it("is reported once where errorHandler is mounted on a router and on the app", async () => {
			const router = express.Router();
			router.get("/twice", (_req, res) => {
				res.sse();
				throw tooLate;
			});
			router.use(middleware.errorHandler);
			app.use(router);
			app.use(middleware.errorHandler, reporting);
			const stream = await openStream(`${await listen()}/twice`);
			expect(await stream.ended).toBe(true);
			const heardBy = () => heard.map((each) => (each as [string])[0]);
			await eventually(() => heardBy().includes("middleware"));
			expect(heardBy().filter((who) => who === "handler")).toHaveLength(1);
		});

		it("reaches error middleware also when the client has left", async () => {
			let fail = (): void => {};
			app.get("/left", (_req, res, next) => {
				fail = () => next(tooLate);
				res.sse();
			});
			app.use(middleware.errorHandler, reporting);
			(await openStream(`${await listen()}/left`)).abort();
			await eventually(() => service.stats().connections === 0);
			fail();
			await eventually(() => heard.length === 2);
			expect(heard).toEqual([
				["handler", tooLate],
				["middleware", tooLate, true],
			]);
			expect(service.stats().closes).toEqual({ client: 1 });
		});

		it("without errorHandler reaches error middleware, and cuts the connection", async () => {
			app.use(reporting);
			const stream = await openStream(await listen());
			expect(await stream.ended).toBe(false);
			await eventually(() => service.stats().connections === 0);
			expect(heard).toEqual([
				["middleware", tooLate, true],
				["end", undefined],
			]);
			expect(service.stats().closes).toEqual({ client: 1 });
		});
	});

	it("errorHandler leaves the errors of other responses to Express", async () => {
		const status = Object.assign(new Error("sign in first"), { statusCode: 401 });
		app.set("env", "test");
		app.get("/", () => {
			throw status;
		});
		app.use(middleware.errorHandler);
		expect((await openStream(await listen())).status).toBe(401);
	});

	it("a session changed in the handler is kept when it is saved before the stream opens, and else may be lost", async () => {
		const store = new session.MemoryStore();
		const saved = (): Promise<number> =>
			new Promise((resolve) => store.length((_error, length) => resolve(length ?? 0)));
		app.use(session({ secret: "secret", resave: false, saveUninitialized: false, store }));
		app.get("/saved", (req, res, next) => {
			Object.assign(req.session, { user: "ada" });
			req.session.save((error) => (error ? next(error) : res.sse()));
		});
		app.get("/unsaved", (req, res) => {
			Object.assign(req.session, { user: "ada" });
			res.sse();
		});
		const url = await listen();
		(await openStream(`${url}/unsaved`)).abort();
		await eventually(() => service.stats().closes.client === 1);
		expect(await saved()).toBe(0);
		await openStream(`${url}/saved`);
		expect(await saved()).toBe(1);
	});

	it("a client that keeps its socket after another response does not delay the server", async () => {
		const request = (path: string) => [`GET ${path} HTTP/1.1`, "Host: 127.0.0.1"];
		let answer = (): void => {};
		app.get("/events", (_req, res) => void res.sse({ onDisconnectCb: () => answer() }));
		app.get("/pending", (_req, res) => {
			answer = () => res.send("done");
			service.send("all", "pending");
		});
		const url = await listen();
		const stream = await openStream(`${url}/events`);
		const client = await openSocket(Number(new URL(url).port), request("/pending"));
		await stream.take(1);
		const idle = measureIdle();
		server.close();
		await once(server, "close");
		expect(idle()).toBeLessThan(2_000);
		await client.closed;
		expect(client.text).toMatch(/\r\n\r\ndone$/);
	});

	it.each([
		["a socket", "http", "connection"],
		["a socket", "https", "connection"],
		["a TLS session", "https", "secureConnection"],
		// The client hears of its end first.
		["a TLS session the server has yet to complete", "https", "connection"],
	] as const)(
		"%s opened ahead of a request to %s does not delay the server",
		async (what, protocol, event) => {
			const ahead = await startServer(app, protocol);
			middleware.closeWith(ahead.server);
			const seen = once(ahead.server, event);
			const to = { port: ahead.port, host: "127.0.0.1", rejectUnauthorized: false };
			const [client, connected] =
				what === "a socket" ? [net.connect(to), "connect"] : [tls.connect(to), "secureConnect"];
			client.resume().on("error", () => {});
			const ended = once(client, "close");
			await Promise.all([seen, once(client, connected)]);
			const idle = measureIdle();
			await ahead.close();
			expect(idle()).toBeLessThan(5_000);
			await ended;
		},
	);

	it("closing refuses new streams with status 503, and leaves other streams of the service open", async () => {
		const other = sse({ service });
		app.set("env", "test");
		app.get("/", (_req, res) => void res.sse());
		app.get("/other", other, (_req, res) => void res.sse());
		const url = await listen();
		const mine = await openStream(url);
		const others = await openStream(`${url}/other`);
		await middleware.close();
		expect(await mine.ended).toBe(true);
		expect((await openStream(url)).status).toBe(503);
		expect(service.send("all", "still here")).toBe(1);
		expect(await others.take(1)).toEqual([{ data: "still here" }]);
		await other.close();
	});
});

it.each([
	["service and its options together", { service: createSSEService(), retryMs: 1 }],
	["something else as the service", { service: {} as SSEService }],
	["an unknown option", { unknown: 1 } as object],
	["an empty name", { decorator: "" }],
])("%s is refused", (_name, options) => {
	expect(() => sseByDefault(options)).toThrow(
		expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
	);
});

// It was an error of the compiler, of twelve lines.
it("a service with its own event map can be passed, and keeps it", () => {
	const service = createSSEService<{ tick: { n: number } }>();
	const middleware = sse({ service });
	expect(middleware.service).toBe(service);
	middleware.service.send("all", { n: 1 }, { event: "tick" });
	// @ts-expect-error: there is no such event
	middleware.service.send("all", { n: 1 }, { event: "tock" });
});

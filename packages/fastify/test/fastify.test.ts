/**
 * What is Fastify's own: how handlers may be written, hooks, decorators, HTTP/2, inject.
 */
import { once } from "node:events";
import { createRequire } from "node:module";
import { PassThrough, Readable } from "node:stream";
import { runInNewContext } from "node:vm";
import {
	type Complaints,
	collectComplaints,
	eventually,
	measureIdle,
	openSocket,
	openStream,
	type TestStream,
} from "@sse-service/testing";
import { stopDrainClock } from "@sse-service/testing/drain-clock";
import { type FastifyInstance, type FastifyReply, fastify as fastify5 } from "fastify";
import { createSSEService, type SSEService } from "sse-service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import sseByDefault, { type ReplySSE, sse } from "../src/index.js";

const fastify4 = createRequire(import.meta.url)("fastify-4") as typeof fastify5;

let service: SSEService;
let app: FastifyInstance;
let complaints: Complaints;

beforeEach(() => {
	service = createSSEService({ maxConnectionsPerClient: 1 });
	complaints = collectComplaints("unhandledRejection");
});

afterEach(async () => {
	await app.close();
	expect(complaints.stop()).toEqual([]);
});

const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe.each([
	["5", fastify5],
	["4", fastify4],
])("on Fastify %s", (_version, fastify) => {
	const listen = (): Promise<string> => app.listen({ port: 0, host: "127.0.0.1" });

	beforeEach(() => {
		app = fastify();
		app.register(sse, { service });
	});

	const handlers: Record<string, (reply: FastifyReply) => unknown> = {
		"async, awaiting": async (reply) => void (await reply.sse()),
		"async, not awaiting": async (reply) => void reply.sse(),
		"async, returning the result": async (reply) => reply.sse(),
		"async, returning the reply": async (reply) => {
			reply.sse();
			return reply;
		},
		"async, returning something else": async (reply) => {
			const { connection } = await reply.sse();
			return connection.pipe([]);
		},
		// The error of a hook reached it before the answer to that error had left. Fastify 4 sent both, and threw beyond all handlers.
		"async, answering an error itself": async (reply) => {
			try {
				await reply.sse();
			} catch {
				return reply.code(418).send("tea");
			}
		},
		"plain, not awaiting": (reply) => void reply.sse(),
		"plain, returning the result": (reply) => reply.sse(),
	};

	describe.each(["synchronous", "asynchronous"])("after %s onSend hooks", (kind) => {
		it.each(Object.entries(handlers))("a handler may be %s", async (_name, handler) => {
			if (kind === "asynchronous") app.addHook("onSend", later);
			app.get("/", (_request, reply) => handler(reply));
			const stream = await openStream(await listen());
			expect(stream.headers["content-type"]).toBe("text/event-stream");
			await later();
			expect(service.send("all", "hello")).toBe(1);
			expect(await stream.take(1)).toEqual([{ data: "hello" }]);
		});

		it.each(Object.entries(handlers))(
			"an error of a hook is the answer when the handler is %s",
			async (_name, handler) => {
				app.addHook("onSend", async (_request, reply) => {
					if (kind === "asynchronous") await later();
					if (reply.getHeader("content-type") === "text/event-stream")
						throw Object.assign(new Error("not you"), { statusCode: 403 });
				});
				app.get("/", (_request, reply) => handler(reply));
				const response = await openStream(await listen());
				expect(response.status).toBe(403);
				expect(await response.ended).toBe(true);
				expect(JSON.parse(response.text)).toMatchObject({ message: "not you" });
				expect(service.stats().connectionsOpened).toBe(0);
			},
		);

		it.each([
			["awaits it", async (reply: FastifyReply) => void (await reply.sse({ clientId: "ada" }))],
			["does not await it", (reply: FastifyReply) => void reply.sse({ clientId: "ada" })],
		])(
			"a refusal is an error response with its code when the handler %s",
			async (_name, handler) => {
				if (kind === "asynchronous") app.addHook("onSend", later);
				app.get("/", (_request, reply) => handler(reply));
				const url = await listen();
				await openStream(url);
				const refused = await openStream(url);
				expect(refused.status).toBe(429);
				expect(await refused.ended).toBe(true);
				expect(JSON.parse(refused.text)).toMatchObject({
					code: "ERR_SSE_MAX_CONNECTIONS_PER_CLIENT",
				});
			},
		);

		it("a handler that catches a refusal answers as it likes", async () => {
			if (kind === "asynchronous") app.addHook("onSend", later);
			app.get("/", async (_request, reply) => {
				try {
					await reply.sse({ clientId: "" });
				} catch {
					return reply.code(418).send({ tea: false });
				}
			});
			const response = await openStream(await listen());
			expect(response.status).toBe(418);
			await response.ended;
			expect(response.text).toBe('{"tea":false}');
			expect(response.headers["content-type"]).toMatch("application/json");
		});
	});

	describe.each(["GET", "HEAD"])("to a %s request", (method) => {
		// Nothing was piped to the response by then, so the opening waited for its end, and threw in that event.
		it.each<[string, (reply: FastifyReply) => unknown]>([
			["has been sent", (reply) => reply.send("other")],
			["has been hijacked", (reply) => reply.hijack().raw.end("other")],
			["has opened a stream", (reply) => reply.sse()],
		])("reply.sse() rejects at once on a reply that %s, which continues", async (_what, first) => {
			const refused = new Promise<unknown>((resolve) => {
				app.get("/", (_request, reply) => {
					first(reply);
					reply.sse().catch(resolve);
				});
			});
			const response = await openStream(await listen(), { method });
			expect(await refused).toMatchObject({ code: "ERR_SSE_RESPONSE_STARTED" });
			expect(response.status).toBe(200);
			service.disconnect("all");
			expect(await response.ended).toBe(true);
			if (method === "GET") expect(response.text).toMatch(/^(other|: open\n)$/);
		});
	});

	it.each([
		["a text", "not you"],
		["nothing", null],
	])("an onSend hook that puts %s in the payload's place answers", async (_what, answer) => {
		const warnings: string[] = [];
		app.addHook("onSend", async (_request, reply) => {
			reply.log.warn = (line: unknown) => void warnings.push(String(line));
			reply.code(403);
			return answer;
		});
		const refused = new Promise<unknown>((resolve) => {
			app.get("/", (_request, reply) => void reply.sse().catch(resolve));
		});
		const response = await openStream(await listen());
		expect(response.status).toBe(403);
		expect(await response.ended).toBe(true);
		expect(response.text).toBe(answer ?? "");
		const message = "Something else was sent before the stream opened";
		expect(await refused).toMatchObject({ code: "ERR_SSE_RESPONSE_STARTED", message });
		// A late answer would come in the next turn, and be warned of.
		await later();
		await later();
		expect(warnings).toEqual([]);
		expect(service.stats().connectionsOpened).toBe(0);
	});

	it("reply.sse() rejects on a reply that is sent while hooks run", async () => {
		app.addHook("onSend", later);
		const refused = new Promise<unknown>((resolve) => {
			app.get("/", (_request, reply) => {
				reply.send("other");
				reply.sse().catch(resolve);
			});
		});
		const response = await openStream(await listen());
		expect(await refused).toMatchObject({ code: "ERR_SSE_RESPONSE_STARTED" });
		expect(await response.ended).toBe(true);
		expect(response.text).toBe("other");
	});

	it.each([
		["a text", "too late"],
		["an object", { statusCode: 400 }],
		["null", null],
		["nothing", undefined],
		["an error of another realm", runInNewContext("new Error('too late')")],
	])("a handler that throws %s ends an open stream, and that is logged", async (_what, thrown) => {
		const logged: string[] = [];
		const stream = { write: (line: string) => void logged.push(JSON.parse(line).msg) };
		await app.close();
		app = fastify({ logger: { level: "warn", stream } });
		app.register(sse, { service });
		app.get("/", async (_request, reply) => {
			await reply.sse();
			throw thrown;
		});
		const opened = await openStream(await listen());
		expect(await opened.ended).toBe(true);
		expect(service.stats().closes).toEqual({ error: 1 });
		expect(logged).toEqual(["the handler failed after the event stream had opened"]);
	});

	// Only the log had it: error trackers, which add an onError hook, heard nothing.
	it("what a handler throws after the stream has opened reaches hooks, error handler, and onError of the service, with the client's end", async () => {
		const heard: unknown[] = [];
		const telling = createSSEService({
			onError: (error, { stage }) => heard.push([stage, error]),
			onDisconnect: ({ reason, error }) => heard.push([reason, error]),
		});
		await app.register(sse, { service: telling, decorator: "telling" });
		app.addHook("onError", async (_request, _reply, error) => void heard.push(["hook", error]));
		app.setErrorHandler((error, _request, reply) => {
			heard.push(["handler of the app", error]);
			return reply.code(500).header("x-late", "yes").send({ answer: "to nobody" });
		});
		const error = new Error("too late");
		app.get("/", async (_request, reply) => {
			await (reply as unknown as { telling: ReplySSE }).telling();
			throw error;
		});
		const stream = await openStream(await listen());
		expect(await stream.ended).toBe(true);
		expect(stream.text).toBe(": open\n");
		await eventually(() => heard.length === 4);
		expect(heard).toEqual(
			expect.arrayContaining([
				["hook", error],
				["handler of the app", error],
				["handler", error],
				["error", error],
			]),
		);
	});

	it("a handler that is stopped because its client has left has not failed", async () => {
		const heard: unknown[] = [];
		const telling = createSSEService({ onError: (error) => heard.push(error) });
		await app.register(sse, { service: telling, decorator: "telling" });
		let stopped: unknown;
		app.get("/", async (_request, reply) => {
			const { connection } = await (reply as unknown as { telling: ReplySSE }).telling();
			await new Promise((resolve) => connection.signal.addEventListener("abort", resolve));
			stopped = connection.signal.reason;
			throw stopped;
		});
		(await openStream(await listen())).abort();
		await eventually(() => stopped !== undefined);
		await app.close();
		expect(heard).toEqual([]);
		expect(telling.stats().closes).toEqual({ client: 1 });
	});

	// Fastify took our payload for one that broke off, where the request had a body: hooks, error handler and log had an error.
	it("a client that left before the stream opened is no error", async () => {
		const heard: unknown[] = [];
		app.addHook("onError", async (_request, _reply, error) => void heard.push(error));
		app.setErrorHandler((error, _request, reply) => {
			heard.push(error);
			return reply.send("failed");
		});
		let goOn: (() => void) | undefined;
		let reason: string | undefined;
		app.post("/", async (request, reply) => {
			const left = once(request.raw.socket, "close");
			await new Promise<void>((resolve) => {
				goOn = resolve;
			});
			await left;
			reason = (await reply.sse()).connection.closeReason;
		});
		const url = await listen();
		const client = new AbortController();
		const headers = { "Content-Type": "application/json" };
		const request = fetch(url, { method: "POST", headers, body: "{}", signal: client.signal });
		await eventually(() => goOn !== undefined);
		client.abort();
		await expect(request).rejects.toThrow();
		goOn?.();
		await eventually(() => reason !== undefined);
		await app.close();
		expect([reason, heard]).toEqual(["client", []]);
	});

	it("a plugin that was called instead of registered says what to do instead", async () => {
		const call = sse as unknown as (options?: object) => Promise<void>;
		const message =
			"The function is the plugin: register it uncalled, as in app.register(sse, options)";
		for (const options of [undefined, { retryMs: 1_000 }]) {
			await expect(call(options)).rejects.toMatchObject({
				code: "ERR_SSE_INVALID_OPTION",
				message,
			});
		}
	});

	it("a name that is taken gives Fastify's own error", async () => {
		app.register(sse, { service });
		await expect(app.ready()).rejects.toMatchObject({ code: "FST_ERR_DEC_ALREADY_PRESENT" });
	});

	// The default service stayed in use by an app that nobody could close.
	it("an app whose name is taken leaves the default service to the next one", async () => {
		for (const [retryMs, decorate] of [
			[1_000, (failing: FastifyInstance) => failing.decorateReply("sse", null as never)],
			[2_000, (failing: FastifyInstance) => failing.decorate("sse", null as never)],
		] as const) {
			const failing = fastify();
			decorate(failing);
			failing.register(sse, { retryMs });
			await expect(failing.ready()).rejects.toMatchObject({ code: "FST_ERR_DEC_ALREADY_PRESENT" });
			await failing.close();
		}
		const next = fastify();
		await next.register(sse, { retryMs: 3_000 });
		await next.close();
	});

	it("a second service has another name, and a prefix is no option of it", async () => {
		const other = createSSEService();
		app.register(sse, { service: other, decorator: "events", prefix: "/x", logLevel: "warn" });
		app.get("/", (_request, reply) => {
			(reply as unknown as { events: ReplySSE }).events();
		});
		const stream = await openStream(await listen());
		expect(Reflect.get(app, "events")).toBe(other);
		expect(app.sse).toBe(service);
		expect(other.send("all", "x")).toBe(1);
		expect(await stream.take(1)).toEqual([{ data: "x" }]);
	});

	it.each([
		["service and its options together", { service: createSSEService(), retryMs: 1 }],
		["something else as the service", { service: {} as SSEService }],
		["an empty decorator", { decorator: "" }],
		["an unknown option", { unknown: 1 } as object],
	])("%s is refused", async (_name, options) => {
		app = fastify();
		app.register(sse, options);
		await expect(app.ready()).rejects.toMatchObject({ code: "ERR_SSE_INVALID_OPTION" });
	});

	it("closing the app leaves streams that others opened on the service", async () => {
		const another = fastify();
		another.register(sse, { service });
		another.get("/", (_request, reply) => void reply.sse());
		const stream = await openStream(await another.listen({ port: 0, host: "127.0.0.1" }));
		await app.close();
		expect(service.send("all", "still here")).toBe(1);
		expect(await stream.take(1)).toEqual([{ data: "still here" }]);
		await another.close();
		expect(await stream.ended).toBe(true);
	});

	it.each(["synchronous", "asynchronous"])(
		"an onSend hook that wraps the payload in another stream, %s, is refused",
		async (kind) => {
			app.addHook("onSend", async (_request, _reply, payload) => {
				if (kind === "asynchronous") await later();
				return payload instanceof Readable ? payload.pipe(new PassThrough()) : payload;
			});
			app.get("/", (_request, reply) => void reply.sse());
			const response = await openStream(await listen());
			expect(response.status).toBe(500);
			expect(await response.ended).toBe(true);
			expect(JSON.parse(response.text)).toMatchObject({ code: "ERR_SSE_INVALID_REQUEST" });
			expect(service.stats().connectionsOpened).toBe(0);
		},
	);

	it("onRequestAbort runs when the client leaves, onResponse when the server ends the stream", async () => {
		const told: string[] = [];
		app.addHook("onRequestAbort", async (_request) => void told.push("onRequestAbort"));
		app.addHook("onResponse", async (_request, _reply) => void told.push("onResponse"));
		app.get("/", (_request, reply) => {
			reply.sse({ onDisconnectCb: ({ reason }) => told.push(reason) });
		});
		const url = await listen();
		(await openStream(url)).abort();
		await eventually(() => told.length === 2);
		expect(told.splice(0).sort()).toEqual(["client", "onRequestAbort"]);
		const stream = await openStream(url);
		service.disconnect("all");
		await stream.ended;
		await eventually(() => told.length === 2);
		expect(told.sort()).toEqual(["onResponse", "server"]);
	});

	it("preClose hooks that were added before the plugin can still send", async () => {
		await app.close();
		app = fastify();
		app.addHook("preClose", async () => void service.send("all", "goodbye"));
		app.register(sse, { service });
		app.get("/", (_request, reply) => void reply.sse());
		const stream = await openStream(await listen());
		await app.close();
		expect(await stream.ended).toBe(true);
		expect(stream.events).toEqual([{ data: "goodbye" }]);
	});

	it("while streams drain the port is closed, and a socket that was kept gets Fastify's own 503, or ours with return503OnClosing: false", async () => {
		const drainUntil = stopDrainClock();
		const answer = async (): Promise<string> => {
			service = createSSEService({ drainMs: 600 });
			app.register(sse, { service });
			app.get("/events", (_request, reply) => void reply.sse());
			let onAsked = (): void => {};
			const asked = new Promise<void>((resolve) => {
				onAsked = resolve;
			});
			let goOn = (): void => {};
			app.get("/pending", (_request, reply) => {
				goOn = () => reply.send("done");
				onAsked();
			});
			const url = await listen();
			const events = () => openStream(`${url}/events`);
			const streams = [await events(), await events(), await events()];
			const request = (path: string) => [`GET ${path} HTTP/1.1`, "Host: 127.0.0.1"];
			const client = await openSocket(Number(new URL(url).port), request("/pending"));
			await asked;
			const closed = app.close();
			await drainUntil(() => service.stats().connections === 2);
			await expect(events()).rejects.toMatchObject({ code: "ECONNREFUSED" });
			goOn();
			await client.untilText("done");
			client.socket.write(`${request("/events").join("\r\n")}\r\n\r\n`);
			await client.closed;
			for (const stream of streams) stream.abort();
			await closed;
			return client.text.slice(client.text.indexOf("done"));
		};
		await app.close();
		app = fastify();
		const ofFastify = await answer();
		expect(ofFastify).toMatch(/^doneHTTP\/1\.1 503 /);
		expect(ofFastify).not.toMatch(/retry-after/i);
		app = fastify({ return503OnClosing: false });
		expect(await answer()).toMatch(/^doneHTTP\/1\.1 503 .*\r\nretry-after: 1\r\n/is);
	});

	it("a drain may be longer than pluginTimeout: the app waits for it, and for no socket that is kept meanwhile", async () => {
		await app.close();
		app = fastify({ pluginTimeout: 100 });
		service = createSSEService({ drainMs: 600 });
		app.register(sse, { service });
		app.get("/", (_request, reply) => void reply.sse());
		let answer = (): void => {};
		app.get("/pending", (_request, reply) => {
			answer = () => reply.send("done");
			service.send("all", "pending");
		});
		const url = await listen();
		const streams = [await openStream(url), await openStream(url)];
		// It keeps its socket, for 72 s if Fastify lets it.
		const request = ["GET /pending HTTP/1.1", "Host: 127.0.0.1"];
		const client = await openSocket(Number(new URL(url).port), request);
		await streams[0]?.take(1);
		const before = performance.now();
		const idle = measureIdle();
		const closed = app.close();
		await streams[0]?.ended;
		answer();
		await closed;
		expect(performance.now() - before).toBeGreaterThan(550);
		expect(idle()).toBeLessThan(30_000);
		await client.closed;
		for (const { ended, retries } of streams) {
			expect(await ended).toBe(true);
			expect(retries).toHaveLength(1);
		}
	});

	it("connectionTimeout does not end a stream", async () => {
		await app.close();
		app = fastify({ connectionTimeout: 50 });
		app.register(sse, { service });
		app.get("/", (_request, reply) => void reply.sse());
		const url = await listen();
		// A busy machine may not get the request there in time.
		let stream: TestStream | undefined;
		while (stream === undefined) stream = await openStream(url).catch(() => undefined);
		// A connection made later, on which nothing happens, is ended by it.
		const idle = await openSocket(Number(new URL(url).port), []);
		await idle.closed;
		expect(service.send("all", "still here")).toBe(1);
		expect(await stream.take(1)).toEqual([{ data: "still here" }]);
	});

	it("a trailer is not sent, and the stream is unchanged", async () => {
		app.get("/", async (_request, reply) => {
			reply.trailer("x-late", async () => "late");
			const { connection } = await reply.sse();
			connection.send("hello");
			connection.close();
		});
		const stream = await openStream(await listen());
		expect(await stream.ended).toBe(true);
		expect(stream.textBetweenHeartbeats).toBe(": open\ndata: hello\n\n");
	});

	it("streams over HTTP/2, in a prefixed and encapsulated context", async () => {
		await app.close();
		app = fastify({ http2: true }) as unknown as FastifyInstance;
		app.register(sse, { service });
		app.register(
			async (scope) => {
				scope.addHook("onSend", async (_request, reply) => void reply.header("x-scope", "inner"));
				scope.get("/events", async (_request, reply) => reply.sse());
			},
			{ prefix: "/api" },
		);
		const stream = await openStream(`${await listen()}/api/events`, { http2: true });
		expect(stream.headers).toMatchObject({ "x-scope": "inner", "x-accel-buffering": "no" });
		service.send("all", "hello");
		expect(await stream.take(1)).toEqual([{ data: "hello" }]);
	});
});

describe("on Fastify 5, where requests have a signal and handlers a timeout,", () => {
	const listen = (): Promise<string> => app.listen({ port: 0, host: "127.0.0.1" });

	it("handlerTimeout does not end a stream that has opened, and counts until it has", async () => {
		app = fastify5({ handlerTimeout: 100 });
		app.register(sse, { service });
		app.get("/events", async (_request, reply) => void (await reply.sse()));
		app.get("/never", async (_request, reply) => {
			await new Promise(() => {});
			await reply.sse();
		});
		const url = await listen();
		const stream = await openStream(`${url}/events`);
		// It began later, so the stream's time is over when its own is.
		expect((await openStream(`${url}/never`)).status).toBe(503);
		expect(service.send("all", "still here")).toBe(1);
		expect(await stream.take(1)).toEqual([{ data: "still here" }]);
		service.disconnect("all");
		expect(await stream.ended).toBe(true);
	});

	it.each([
		["at", (signal: AbortSignal) => once(signal, "abort")],
		["long after", (signal: AbortSignal) => once(signal, "abort").then(later)],
	])(
		"what the handler throws %s its handlerTimeout ends an open stream, and is logged",
		async (_when, timeoutOf) => {
			const logged: string[] = [];
			const stream = { write: (line: string) => void logged.push(JSON.parse(line).err?.message) };
			app = fastify5({ handlerTimeout: 50, logger: { level: "warn", stream } });
			app.register(sse, { service });
			app.get("/", async (request, reply) => {
				await reply.sse();
				await timeoutOf(request.signal);
				throw new Error("too late");
			});
			const opened = await openStream(await listen());
			expect(await opened.ended).toBe(true);
			expect(service.stats().closes.error).toBe(1);
			expect(logged).toEqual(["too late"]);
		},
	);

	it("connection.signal tells the end of a stream, also where request.signal is aborted before", async () => {
		app = fastify5();
		app.register(sse, { service });
		const aborted: string[] = [];
		app.post("/", async (request, reply) => {
			request.signal.addEventListener("abort", () => aborted.push("request.signal"));
			const { connection } = await reply.sse();
			connection.signal.addEventListener("abort", () => aborted.push("connection.signal"));
		});
		const headers = { "Content-Type": "application/json" };
		const stream = await openStream(await listen(), { method: "POST", headers, body: "{}" });
		await eventually(() => aborted.length > 0);
		expect(aborted).toEqual(["request.signal"]);
		expect(service.send("all", "still here")).toBe(1);
		stream.abort();
		await eventually(() => aborted.length > 1);
		expect(aborted).toEqual(["request.signal", "connection.signal"]);
	});
});

it("inject of Fastify 5 reads a stream with payloadAsStream", async () => {
	app = fastify5();
	app.register(sseByDefault, { service });
	app.get("/", async (_request, reply) => {
		const { connection } = await reply.sse();
		connection.send("hello");
		connection.close();
	});
	const response = await app.inject({ url: "/", payloadAsStream: true });
	expect(response.headers["content-type"]).toBe("text/event-stream");
	let text = "";
	for await (const chunk of response.stream()) text += chunk;
	expect(text).toBe(": open\ndata: hello\n\n");
});

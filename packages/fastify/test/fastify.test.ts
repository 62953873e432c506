/**
 * What is Fastify's own: how handlers may be written, hooks, decorators, HTTP/2, inject.
 */
import { createRequire } from "node:module";
import { openStream } from "@sse-service/testing";
import { type FastifyInstance, type FastifyReply, fastify as fastify5 } from "fastify";
import { createSSEService, type SSEService } from "sse-service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import sseByDefault, { type ReplySSE, sse } from "../src/index.js";

const fastify4 = createRequire(import.meta.url)("fastify-4") as typeof fastify5;

let service: SSEService;
let app: FastifyInstance;
const unhandled: unknown[] = [];
const onUnhandled = (error: unknown): void => {
	unhandled.push(error);
};

beforeEach(() => {
	service = createSSEService({ maxConnectionsPerClient: 1 });
	process.on("unhandledRejection", onUnhandled);
});

afterEach(async () => {
	await app.close();
	process.off("unhandledRejection", onUnhandled);
	expect(unhandled.splice(0)).toEqual([]);
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

	it("a name that is taken gives Fastify's own error", async () => {
		app.register(sse, { service });
		await expect(app.ready()).rejects.toMatchObject({ code: "FST_ERR_DEC_ALREADY_PRESENT" });
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

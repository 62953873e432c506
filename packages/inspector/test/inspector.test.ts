/**
 * The inspector, asked by HTTP: who may see what, and that it shows what happens.
 */
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import {
	Agent,
	type ClientRequest,
	createServer,
	type IncomingMessage,
	request,
	type Server,
	type ServerResponse,
} from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { SseModule, SseService } from "@sse-service/nest";
import { eventually, openStream } from "@sse-service/testing";
import "reflect-metadata";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { createSSEService, type SSEService } from "sse-service";
import { respond } from "sse-service/fetch";
import { expect, it, onTestFinished, vi } from "vitest";
import { type InspectorOptions, inspector } from "../src/index.js";
import { helloOf, openPage, serve } from "./serving.js";

const FOLDER = join(import.meta.dirname, "../page");
const PATHS = [
	"",
	"/",
	"/app.js",
	"/style.css",
	"/stream",
	"/connections",
	"/timeline",
	"/groups",
	"/runs",
];

interface Answer {
	readonly status: number | undefined;
	readonly body: string;
	readonly headers: IncomingMessage["headers"];
}

/** Asks with any headers: `fetch` sets some itself. */
function ask(
	url: string,
	headers: Record<string, string> = {},
	method = "GET",
	body = "",
): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const req = request(url, { headers, method }, (res) => {
			let text = "";
			res.setEncoding("utf8").on("data", (part) => {
				text += part;
			});
			res.on("end", () => resolve({ status: res.statusCode, body: text, headers: res.headers }));
			// A stream does not end by itself.
			if (res.headers["content-type"] === "text/event-stream") res.destroy();
			res.on("close", () => resolve({ status: res.statusCode, body: text, headers: res.headers }));
		});
		req.on("error", reject);
		req.end(body);
	});
}

it.each<[string, unknown]>([
	["no options", undefined],
	["no authorize", {}],
	["no function", { authorize: true }],
	["a path that ends with a slash", { loopbackOnly: true, path: "/inspector/" }],
	["an unknown option", { loopbackOnly: true, auth: () => true }],
	["runs of another kind", { loopbackOnly: true, runs: {} }],
	["an unknown permission", { loopbackOnly: true, allow: { close: true } }],
	["a permission that is no boolean", { loopbackOnly: true, allow: { send: "yes" } }],
	["permissions that are no object", { loopbackOnly: true, allow: true }],
	["an empty permission", { loopbackOnly: true, allow: "" }],
	["a name that is no string", { loopbackOnly: true, name: 42 }],
	["several paths", { loopbackOnly: true, path: ["/inspector"] }],
	["null for the options", null],
])("refuses to start with %s", (_, options) => {
	const sse = createSSEService();
	expect(() => inspector(sse, options as InspectorOptions)).toThrow(
		expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
	);
});

it.each<[string, InspectorOptions["authorize"]]>([
	["false", () => false],
	["nothing", () => undefined as never],
	["a truthy value that is not true", () => "yes" as never],
	["a promise of false", async () => false],
	[
		"an exception",
		() => {
			throw new Error("the application's own");
		},
	],
])("gives no byte where authorize answers with %s", async (_, authorize) => {
	const { page } = await serve({ authorize, allow: { send: true, disconnect: true } });
	for (const path of PATHS) {
		const answer = await ask(page.replace(/\/$/, path));
		expect([path, answer.status, answer.body]).toEqual([path, 403, ""]);
		expect(answer.headers).not.toHaveProperty("content-type");
	}
	expect(await ask(`${page}send`, {}, "POST", "{}")).toMatchObject({ status: 403, body: "" });
});

it.each([undefined, null, {}, { service: {} }])("refuses %j as a service", (service) => {
	expect(() => inspector(service as unknown as SSEService, { loopbackOnly: true })).toThrow(
		expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
	);
});

it("throws where its page is not beside its code, as in a bundle, instead of answering 500 later", async () => {
	const folder = mkdtempSync(join(import.meta.dirname, "../node_modules/bundle-"));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	const bundle = join(folder, "server.mjs");
	copyFileSync(join(import.meta.dirname, "../dist/index.js"), bundle);
	const bundled = (await import(pathToFileURL(bundle).href)) as typeof import("../src/index.js");
	expect(() => bundled.inspector(createSSEService(), { loopbackOnly: true })).toThrow(
		"The inspector's page is not beside its code: leave @sse-service/inspector out of the bundle",
	);
});

it("leaves the answer to authorize, if it gives one", async () => {
	const { page } = await serve({
		authorize: ({ headers }, res) => {
			if (headers.authorization === "Basic b3BzOm9wcw==") return true;
			res.writeHead(401, { "WWW-Authenticate": "Basic" }).end();
			return false;
		},
	});
	expect(await ask(page)).toMatchObject({ status: 401, body: "" });
	const { status, body } = await ask(page, { authorization: "Basic b3BzOm9wcw==" });
	expect([status, body]).toEqual([200, readFileSync(join(FOLDER, "index.html"), "utf8")]);
});

it.each<[string, Record<string, string>]>([
	["a proxy forwarded", { "X-Forwarded-For": "203.0.113.7" }],
	["a proxy forwarded (RFC 7239)", { Forwarded: "for=203.0.113.7" }],
	["a proxy forwarded, of which only the scheme is known", { "X-Forwarded-Proto": "https" }],
	["a CDN forwarded", { "CF-Connecting-IP": "203.0.113.7" }],
	["names another host, as one whose name was rebound", { Host: "attacker.example" }],
])("with loopbackOnly, refuses a request that %s", async (_, headers) => {
	const { page } = await serve();
	expect((await ask(page)).status).toBe(200);
	expect(await ask(page, headers)).toMatchObject({ status: 403, body: "" });
});

// nginx names this process as the host and adds no header: `proxy_pass` alone, and with the usual lines around it. Since
// 1.29.7 the first is like the last (https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_http_version).
it.each<[string, string, string]>([
	["nginx before 1.29.7, by default", "1.0", "Connection: close\r\n"],
	["nginx before 1.29.7, with the browser's Connection,", "1.0", "Connection: keep-alive\r\n"],
	["nginx with proxy_http_version 1.1", "1.1", "Connection: close\r\n"],
	["nginx for WebSockets", "1.1", "Connection: upgrade\r\n"],
	["nginx since 1.29.7, by default", "1.1", ""],
])("with loopbackOnly, refuses what %s forwards", async (_, version, line) => {
	const { server } = await serve();
	const { host, port } = new URL(server.url);
	const answerTo = async (head: string): Promise<string> => {
		const socket = connect(Number(port), "127.0.0.1");
		socket.setEncoding("utf8").write(`GET /inspector/ ${head}\r\n`);
		let answer = "";
		for await (const part of socket) {
			answer += part;
			if (answer.includes("\r\n\r\n")) break;
		}
		return answer;
	};
	const browser = `HTTP/1.1\r\nHost: ${host}\r\nConnection: keep-alive\r\n`;
	expect(await answerTo(browser)).toMatch(/^HTTP\/1\.1 200 /);
	const answer = await answerTo(`HTTP/${version}\r\nHost: ${host}\r\n${line}`);
	expect(answer).toMatch(/^HTTP\/1\.1 403 /);
	expect(answer).not.toContain("<title>");
});

it("authorizes the stream of a page again within a minute, and ends it", async () => {
	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
	onTestFinished(() => void vi.useRealTimers());
	let isAdmitted = true;
	const { page } = await serve({ authorize: () => isAdmitted });
	const stream = await openPage(page);
	await stream.take(1);
	isAdmitted = false;
	vi.advanceTimersByTime(60_000);
	await stream.ended;
	expect(await ask(`${page}stream`)).toMatchObject({ status: 403, body: "" });
});

it("answers HEAD without a body, no other methods, and nothing for paths that lead elsewhere", async () => {
	const { page, server } = await serve();
	for (const path of PATHS.slice(1)) {
		const { status, body } = await ask(page.replace(/\/$/, path), {}, "HEAD");
		expect([path, status, body]).toEqual([path, 200, ""]);
	}
	for (const method of ["OPTIONS", "PUT", "DELETE", "PATCH", "PROPFIND"]) {
		const { status, body, headers } = await ask(`${page}connections`, {}, method);
		expect([method, status, body]).toEqual([method, 405, ""]);
		expect(headers.allow).toBe("GET, HEAD, POST");
		expect(headers).not.toHaveProperty("access-control-allow-methods");
	}
	const odd = [
		"../app.js",
		"/app.js",
		"app.js/",
		"%61pp.js",
		"app.js%00",
		".",
		"..",
		"a/../app.js",
	];
	const answerTo = (path: string): Promise<IncomingMessage> =>
		new Promise((resolve, reject) => {
			// As it is: a URL would resolve its dots.
			const req = request(server.url, { path }, (res) => resolve(res.destroy()));
			req.on("error", reject).end();
		});
	for (const path of odd) {
		expect((await answerTo(`/inspector/${path}`)).statusCode, path).toBe(404);
	}
	// Not below its path: the application's, which opens a stream.
	for (const path of ["//x/inspector/", "/INSPECTOR/", "/%69nspector/", "/x/../inspector/"]) {
		const { headers } = await answerTo(path);
		expect(headers["content-type"], path).toBe("text/event-stream");
	}
	expect((await ask(page, { cookie: "x".repeat(20_000) })).status).toBe(431);
});

/** Resolves when a request that was given up is over. */
const left = (req: ClientRequest): Promise<void> =>
	new Promise((resolve) => (req.closed ? resolve() : req.once("close", () => resolve())));

it("keeps no place for those who left while authorize took its time, and does nothing for them", async () => {
	const admit: (() => void)[] = [];
	let isSlow = true;
	const { page, open, sse } = await serve({
		authorize: () => !isSlow || new Promise((resolve) => admit.push(() => resolve(true))),
		allow: { send: true },
	});
	await open("ada");
	const impatient = Array.from({ length: 60 }, () => {
		const req = request(`${page}stream`);
		req.on("error", () => {}).end();
		return req;
	});
	await eventually(() => admit.length === 60);
	for (const req of impatient) req.destroy();
	await Promise.all(impatient.map(left));
	isSlow = false;
	// The server hears of it as well.
	await ask(page);
	for (const each of admit) each();
	const { token } = await helloOf(page);
	expect(String(token)).not.toBe("");
	const headers = { "content-type": "application/json", "x-sse-inspector": String(token) };
	isSlow = true;
	const late = request(`${page}send`, {
		method: "POST",
		headers: { ...headers, "content-length": 1_000 },
	});
	late.on("error", () => {}).write('{"target":"all","data":"x"');
	await eventually(() => admit.length === 61);
	late.destroy();
	await left(late);
	admit.at(-1)?.();
	isSlow = false;
	await ask(page);
	expect(sse.stats().eventsSent).toBe(0);
});

it("serves the page without inline code, within 25 kB, with nothing from elsewhere", async () => {
	const { page } = await serve();
	const { headers, body } = await ask(page);
	const policy = String(headers["content-security-policy"]);
	expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
	expect(policy).not.toContain("unsafe");
	expect(policy).toContain("frame-ancestors 'self'");
	expect(headers).toMatchObject({
		"cache-control": "no-store",
		"x-content-type-options": "nosniff",
		"x-frame-options": "SAMEORIGIN",
		"referrer-policy": "no-referrer",
	});
	expect(body).not.toMatch(/<script>|<style|style=|\son\w+=|https?:/);
	let bytes = 0;
	for (const name of readdirSync(FOLDER)) {
		const url = page + name.replace("index.html", "");
		const zipped = await ask(url, { "accept-encoding": "br, gzip" });
		expect(zipped).toMatchObject({ status: 200, headers: { "content-encoding": "gzip" } });
		bytes += Number(zipped.headers["content-length"]);
		for (const encoding of ["identity", "gzip;q=0", "gzip; q=0.0, *"]) {
			const plain = await ask(url, { "accept-encoding": encoding });
			expect(plain.headers, name).not.toHaveProperty("content-encoding");
			expect(plain.body, name).toBe(readFileSync(join(FOLDER, name), "utf8"));
		}
	}
	expect(bytes).toBeLessThanOrEqual(25_000);
	for (const path of ["..%2fpackage.json", "constructor", "index.html", "x"]) {
		expect((await ask(page + path)).status, path).toBe(404);
	}
});

it("leads from its path without a slash to the page, and leaves other paths alone", async () => {
	const { page, server } = await serve();
	expect(await ask(page.slice(0, -1))).toMatchObject({
		status: 308,
		headers: { location: "/inspector/" },
	});
	expect((await ask(`${server.url}/inspectors`)).headers["content-type"]).toBe("text/event-stream");
});

it("changes nothing by default, even for a request with the token of the page", async () => {
	const { page, open, sse } = await serve();
	await open("ada");
	const { token, allow } = await helloOf(page);
	expect(allow).toEqual({ send: false, disconnect: false, cancel: false });
	const headers = { "content-type": "application/json", "x-sse-inspector": String(token) };
	for (const what of ["send", "disconnect", "cancel"]) {
		const body = JSON.stringify({ client: "ada", target: "all", data: "x" });
		expect((await ask(page + what, headers, "POST", body)).status).toBe(403);
	}
	expect(sse.stats()).toMatchObject({ connections: 1, eventsSent: 0 });
});

it("sends a test event and disconnects a client for the page, and for no page elsewhere", async () => {
	const allow = { send: true, disconnect: true };
	const { page, open, server } = await serve({ loopbackOnly: true, allow });
	const stream = await open("ada");
	const { token } = await helloOf(page);
	const headers = { "content-type": "application/json", "x-sse-inspector": String(token) };
	const event = JSON.stringify({ target: { client: "ada" }, event: "test", data: "hello" });
	const forged: Record<string, string>[] = [
		{},
		{ "content-type": "application/json" },
		{ ...headers, "x-sse-inspector": "another" },
		{ ...headers, "content-type": "text/plain" },
		{ ...headers, origin: "https://attacker.example" },
		{ ...headers, origin: "null" },
		{ ...headers, "sec-fetch-site": "cross-site" },
		{ ...headers, "sec-fetch-site": "same-site" },
	];
	for (const each of forged) {
		expect((await ask(`${page}send`, each, "POST", event)).status, JSON.stringify(each)).toBe(403);
	}
	const own = { ...headers, origin: server.url, "sec-fetch-site": "same-origin" };
	expect(await ask(`${page}send`, own, "POST", event)).toMatchObject({ body: '{"reached":1}' });
	expect(await stream.take(1)).toEqual([{ event: "test", data: "hello" }]);
	for (const bad of ["{", "[]", '{"target":"nobody"}', "x".repeat(100_000)]) {
		expect((await ask(`${page}send`, own, "POST", bad)).status).toBe(400);
	}
	const client = JSON.stringify({ client: "ada" });
	expect(await ask(`${page}disconnect`, own, "POST", client)).toMatchObject({
		body: '{"reached":1}',
	});
	await stream.ended;
});

// Leaving a large body unread ended the socket below a client that had its answer, and sent the next request on it.
it("reads a body that is too large to its end, without keeping it", async () => {
	const { page } = await serve({ loopbackOnly: true, allow: { send: true } });
	const { token } = await helloOf(page);
	const agent = new Agent({ keepAlive: true, maxSockets: 1 });
	onTestFinished(() => agent.destroy());
	const headers = { "content-type": "application/json", "x-sse-inspector": String(token) };
	const post = async (data: string): Promise<[status: number | undefined, isReused: boolean]> => {
		const req = request(`${page}send`, { agent, method: "POST", headers });
		req.end(JSON.stringify({ target: "all", data }));
		const [res] = (await once(req, "response")) as [IncomingMessage];
		await once(res.resume(), "end");
		return [res.statusCode, req.reusedSocket];
	};
	expect(await post("x")).toEqual([200, false]);
	expect(await post("x".repeat(2_000_000))).toEqual([400, true]);
	expect(await post("x")).toEqual([200, true]);
});

it("gives its data to no page elsewhere", async () => {
	const { page } = await serve();
	for (const path of ["stream", "connections", "timeline", "groups", "runs"]) {
		for (const headers of [
			{ "sec-fetch-site": "cross-site" },
			{ origin: "https://attacker.example" },
		]) {
			expect((await ask(page + path, headers)).status, path).toBe(403);
		}
		expect((await ask(page + path)).headers).not.toHaveProperty("access-control-allow-origin");
	}
});

it("lists connections by part, searched and in order", async () => {
	const { page, open } = await serve();
	for (const name of ["carol", "ada", "bob"]) await open(name, name === "bob" ? ["Staff"] : []);
	const list = async (query: string): Promise<{ total: number; clients: string[] }> => {
		const { total, rows } = JSON.parse((await ask(`${page}connections?${query}`)).body);
		return { total, clients: rows.map(({ client }: { client: string }) => client) };
	};
	expect(await list("")).toEqual({ total: 3, clients: ["carol", "ada", "bob"] });
	expect(await list("desc=1&limit=1")).toEqual({ total: 3, clients: ["bob"] });
	expect(await list("order=client&offset=1")).toEqual({ total: 3, clients: ["bob", "carol"] });
	expect(await list("q=STAFF")).toEqual({ total: 1, clients: ["bob"] });
	expect(await list("q=a&order=buffered&limit=-1&offset=x")).toMatchObject({ total: 3 });
});

it("remembers what happened to a client and a group, without the data", async () => {
	const { page, open, sse } = await serve({ loopbackOnly: true }, { history: true });
	const stream = await open("ada", ["news"], { headers: { "last-event-id": "none of ours" } });
	await stream.take(1);
	sse.send({ group: "news" }, "a secret", { event: "headline" });
	sse.disconnect({ client: "ada" }, "moved");
	await stream.ended;
	const entries = async (query: string): Promise<{ kind: string; text?: string }[]> =>
		JSON.parse((await ask(`${page}timeline?${query}`)).body);
	const ofClient = await entries("client=ada");
	expect(ofClient.map(({ kind, text }) => [kind, text])).toEqual([
		["close", "moved"],
		["gap", "invalid"],
		["resume", "invalid"],
		["open", undefined],
	]);
	const ofGroup = await entries("group=news");
	expect(ofGroup.map(({ kind }) => kind)).toEqual(["close", "send", "gap", "resume", "open"]);
	expect(ofGroup[1]?.text).toMatch(/^headline, \d+ bytes to 1$/);
	expect(JSON.stringify(await entries(""))).not.toContain("secret");
});

it("shows data only where that was asked for", async () => {
	const { page, open, sse } = await serve({ loopbackOnly: true, showData: true });
	await open("ada");
	sse.send({ client: "ada" }, "line 1\nline 2", { event: "note" });
	const [newest] = JSON.parse((await ask(`${page}timeline?client=ada`)).body);
	expect(newest.text).toBe("note: line 1\nline 2 to 1");
});

it("tells the page the figures of the service each second", async () => {
	const { page, open, sse } = await serve({ loopbackOnly: true, name: "one" }, { history: true });
	await open("ada");
	const stream = await openPage(page);
	await sse.publish("all", "x");
	await stream.until(() => stream.events.some(({ event }) => event === "tick"));
	const [hello, tick] = stream.events.map(({ data }) => JSON.parse(data));
	expect(hello).toMatchObject({ name: "one", showData: false, history: [] });
	expect(tick).toMatchObject({
		sample: { connections: 1 },
		stats: { connections: 1, eventsSent: 1 },
		health: { ready: true },
		log: { position: expect.stringMatching(/^1 of /) },
	});
});

it("counts no stream of its own, and shows nothing of another service", async () => {
	const { page, sse } = await serve();
	const other = createSSEService();
	await openPage(page);
	other.send("all", "x");
	await other.close();
	expect(sse.stats().connections).toBe(0);
	expect((await ask(`${page}timeline`)).body).toBe("[]");
});

it("keeps no server from closing: its streams end when the service has closed", async () => {
	const sse = createSSEService();
	const inspect = inspector(sse, { loopbackOnly: true });
	const server = createServer((req, res) => {
		if (!inspect(req, res)) sse.connect({ req, res });
	});
	sse.closeWith(server);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const page = await openPage(`${url}/inspector/`);
	const client = await openStream(`${url}/events`);
	await eventually(() => sse.stats().connections === 1);
	await new Promise<void>((resolve) => server.close(() => resolve()));
	await Promise.all([page.ended, client.ended]);
});

// The first server that closed counted as the last one: no page opened its stream again, on any server.
it("ends the pages of a server that closes, and no others: it may listen again", async () => {
	const sse = createSSEService();
	const inspect = inspector(sse, { loopbackOnly: true });
	const [one, other] = [createServer(), createServer()].map((each) =>
		each.on("request", (req, res) => void inspect(req, res)),
	) as [Server, Server];
	const { url } = await listening(one);
	const pageOf = async (address: string) => {
		const page = await openPage(`${address}/inspector/`);
		expect(page.status).toBe(200);
		await page.take(1);
		return page;
	};
	const page = await pageOf(url);
	const stays = await pageOf((await listening(other)).url);
	await new Promise((resolve) => one.close(resolve));
	await page.ended;
	await stays.until(() => stays.events.some(({ event }) => event === "tick"));
	const back = await pageOf((await listening(one)).url);
	await Promise.all([one, other].map((each) => new Promise((resolve) => each.close(resolve))));
	await Promise.all([back.ended, stays.ended]);
	await pageOf((await listening(one)).url);
	await sse.close();
	await new Promise((resolve) => one.close(resolve));
});

/** A server that listens, on a port that the system chooses. */
async function listening(server: Server): Promise<{ url: string; close(): unknown }> {
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

it.each<[string, (sse: SSEService) => Promise<{ url: string; close(): unknown }>]>([
	[
		"Express",
		async (sse) => {
			const app = express();
			app.use(express.json());
			app.use(inspector(sse, { loopbackOnly: true, allow: { send: true } }));
			app.get("/events", (req, res) => void sse.connect({ req, res }));
			return await listening(createServer(app));
		},
	],
	[
		"Fastify",
		async (sse) => {
			const app = fastify({ forceCloseConnections: true });
			const inspect = inspector(sse, { loopbackOnly: true, allow: { send: true } });
			app.addHook("onRequest", (request, reply, done) => {
				if (inspect(request.raw, reply.raw)) reply.hijack();
				else done();
			});
			app.get("/events", (request, reply) => {
				reply.hijack();
				sse.connect({ req: request.raw, res: reply.raw });
			});
			return { url: await app.listen({ host: "127.0.0.1", port: 0 }), close: () => app.close() };
		},
	],
	[
		"Hono",
		async (sse) => {
			const app = new Hono<{ Bindings: HttpBindings }>();
			const inspect = inspector(sse, { loopbackOnly: true, allow: { send: true } });
			app.use(async ({ env }, next) =>
				inspect(env.incoming, env.outgoing) ? RESPONSE_ALREADY_SENT : next(),
			);
			app.get("/events", ({ env, req }) => {
				return respond(req.raw, { service: sse, outgoing: env.outgoing }).response;
			});
			return await listening(createServer(getRequestListener(app.fetch)));
		},
	],
	[
		"Koa",
		async (sse) => {
			const app = new Koa();
			const inspect = inspector(sse, { loopbackOnly: true, allow: { send: true } });
			app.use((ctx, next) => {
				if (!inspect(ctx.req, ctx.res)) return next();
				ctx.respond = false;
			});
			app.use((ctx) => {
				if (ctx.path !== "/events") return;
				ctx.respond = false;
				sse.connect({ req: ctx.req, res: ctx.res });
			});
			return await listening(createServer(app.callback()));
		},
	],
])("is mounted in an app of %s", async (_, start) => {
	const sse = createSSEService();
	const app = await start(sse);
	const stream = await openStream(`${app.url}/events`);
	const page = `${app.url}/inspector/`;
	expect((await ask(page)).body).toContain("<title>Inspector</title>");
	const { token } = await helloOf(page);
	const headers = { "content-type": "application/json", "x-sse-inspector": String(token) };
	const sent = await ask(`${page}send`, headers, "POST", '{"target":"all","data":"hello"}');
	expect(sent.body).toBe('{"reached":1}');
	expect(await stream.take(1)).toEqual([{ data: "hello" }]);
	expect((await ask(`${app.url}/elsewhere`)).status).toBe(404);
	await sse.close();
	await app.close();
});

it("is mounted in an app of Nest on Fastify, and shows the streams of its SseService", async () => {
	class App {}
	Module({ imports: [SseModule.forRoot({ heartbeatIntervalMs: 0 })] })(App);
	const app = await NestFactory.create<NestFastifyApplication>(App, new FastifyAdapter(), {
		logger: false,
	});
	const service = app.get(SseService);
	const inspect = inspector(service, { loopbackOnly: true, allow: { send: true } });
	const server = app.getHttpAdapter().getInstance();
	server.addHook("onRequest", (request, reply, done) => {
		if (inspect(request.raw, reply.raw)) reply.hijack();
		else done();
	});
	server.get("/events", (request, reply) => {
		reply.hijack();
		void service.connect(request.raw, reply.raw, { clientId: "ada" });
	});
	await app.listen(0, "127.0.0.1");
	const url = await app.getUrl();
	const stream = await openStream(`${url}/events`);
	expect(JSON.parse((await ask(`${url}/inspector/connections`)).body)).toMatchObject({
		total: 1,
		rows: [{ client: "ada" }],
	});
	const { token } = await helloOf(`${url}/inspector/`);
	const headers = { "content-type": "application/json", "x-sse-inspector": String(token) };
	await ask(`${url}/inspector/send`, headers, "POST", '{"target":"all","data":"hello"}');
	expect(await stream.take(1)).toMatchObject([{ data: "hello" }]);
	await app.close();
	await stream.ended;
});

it("is mounted in an app of Nest, and shows the streams of its SseService", async () => {
	class App {}
	Module({ imports: [SseModule.forRoot({ heartbeatIntervalMs: 0 })] })(App);
	const app = await NestFactory.create(App, { logger: false });
	const service = app.get(SseService);
	app.use(inspector(service, { loopbackOnly: true }));
	app.use("/events", (req: IncomingMessage, res: ServerResponse) => {
		void service.connect(req, res, { clientId: "ada" });
	});
	await app.listen(0, "127.0.0.1");
	const url = await app.getUrl();
	const page = await openPage(`${url}/inspector/`);
	await openStream(`${url}/events`);
	await page.until(() => page.events.some(({ data }) => JSON.parse(data).stats?.connections === 1));
	expect(JSON.parse((await ask(`${url}/inspector/connections`)).body)).toMatchObject({
		total: 1,
		rows: [{ client: "ada" }],
	});
	await app.close();
	await page.ended;
});

/**
 * What every adapter promises, run over each version of its framework: real servers, real clients.
 */

import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import cannotExist from "./cannot-exist.json" with { type: "json" };
import { stopDrainClock } from "./drain-clock.js";
import { measureIdle } from "./idle-time.js";
import { openBlockedReader, openSocket } from "./socket.js";
import { openStream } from "./stream.js";
import { eventually, settled } from "./waiting.js";

export type Middleware = "body" | "compression" | "cookies" | "cors" | "helmet" | "session";

export interface AdapterConnection {
	readonly clientId: string;
	readonly closeReason: string | undefined;
	readonly signal: AbortSignal;
	send(data: unknown): number;
}

export interface AdapterService {
	send(target: "all" | { readonly client: string }, data: unknown): number;
	stats(): { readonly connections: number; readonly clients: number; readonly groups: number };
}

/** A request, in the words that the frameworks share. */
export interface AdapterContext {
	/** What `body` has read. */
	readonly body: unknown;
	setHeader(name: string, value: string): void;
	setCookie(name: string, value: string): void;
	/** Change the session, which is then saved (with `session`). */
	signIn(user: string): void;
	/** Open the stream, by the second service on a path below `/second`. `standalone` is true on the path `/standalone`, and only there. */
	open(params?: {
		readonly clientId?: string;
		readonly standalone?: boolean;
	}): Promise<AdapterConnection>;
}

export interface AdapterSetup {
	readonly use?: readonly Middleware[];
	/** By path, for GET and POST. What one throws is the framework's to answer. */
	readonly routes: Readonly<Record<string, (context: AdapterContext) => unknown>>;
	/** Use the process-wide default service. Default: one for this app, and another below `/second`. */
	readonly byDefault?: boolean;
	/** An option that configures the default service. With `byDefault`. */
	readonly onConnect?: (() => void) | undefined;
	/** Of the service of this app. */
	readonly maxConnections?: number;
	/** Of the service of this app. */
	readonly drainMs?: number;
	/** Of the service of this app. */
	readonly history?: boolean;
	/** Serve HTTP/2, without TLS. */
	readonly http2?: boolean | undefined;
}

export interface RunningAdapter {
	readonly url: string;
	readonly service: AdapterService;
	readonly second: AdapterService;
	/** The status of each line of the framework's access log. */
	readonly accessLog: readonly number[];
	/** What reached the framework's error log. */
	readonly errors: readonly unknown[];
	/** What listens. */
	readonly server: { close(): unknown };
	/** Close the app as its framework does. */
	close(): Promise<void>;
}

export interface AdapterHarness {
	start(setup: AdapterSetup): Promise<RunningAdapter>;
	/** The copy of the core that `require` gives. */
	readonly commonJs: { sendSSEToAll(data: unknown): number };
	/** Whether nothing is sent before the handler returns, so that what it throws is answered, even after `open`. Default false. */
	readonly sendsOnReturn?: boolean;
}

declare module "vitest" {
	interface TaskMeta {
		/** The adapter whose claim a test is, for the table that is made of the tests' reports. */
		adapter?: string;
	}
}

const CONSOLE = ["debug", "error", "info", "log", "warn"] as const;

/** An error with the status that all frameworks answer with. */
function unauthorized(): Error {
	return Object.assign(new Error("sign in first"), { statusCode: 401 });
}

function canExist(adapter: string, claim: string): boolean {
	return !cannotExist.claims.some((each) => adapter.includes(each.adapter) && each.claim === claim);
}

/** Run the claims over one version of a framework. */
export function describeAdapter(name: string, harness: AdapterHarness): void {
	describe(name, () => {
		let app: RunningAdapter;
		let connections: AdapterConnection[];
		let spies: MockInstance[];
		const complaints: unknown[] = [];
		const complain = (complaint: unknown): void => {
			complaints.push(complaint);
		};

		beforeEach(({ task }) => {
			task.meta.adapter = name;
			connections = [];
			complaints.length = 0;
			spies = CONSOLE.map((level) => vi.spyOn(console, level));
			process.on("warning", complain);
			process.on("unhandledRejection", complain);
		});

		afterEach(async () => {
			await settled(app.close(), "the app to close");
			process.off("warning", complain);
			process.off("unhandledRejection", complain);
			// Of every claim: nothing is written to the console, and nothing is warned of or left unhandled.
			for (const spy of spies) expect(spy).not.toHaveBeenCalled();
			vi.restoreAllMocks();
			expect(complaints).toEqual([]);
		});

		const events = async (context: AdapterContext): Promise<void> => {
			connections.push(await context.open());
		};
		const start = async (setup: Partial<AdapterSetup> = {}): Promise<void> => {
			app = await harness.start({ routes: { "/events": events }, ...setup });
		};
		const open = (path = "/events", options = {}) => openStream(app.url + path, options);
		const port = (): number => Number(new URL(app.url).port);
		const nobody = { connections: 0, clients: 0, groups: 0 };

		it("headers of the framework, CORS, helmet, cookies and the session arrive, several Set-Cookie too", async () => {
			await start({
				use: ["cors", "helmet", "cookies", "session"],
				routes: {
					"/events": async (context) => {
						context.setHeader("X-Framework", "yes");
						context.setCookie("a", "1");
						context.setCookie("b", "2");
						context.signIn("ada");
						await events(context);
					},
				},
			});
			const stream = await open("/events", { headers: { Origin: "https://example.com" } });
			expect(stream.headers).toMatchObject({
				"x-framework": "yes",
				"access-control-allow-origin": "https://example.com",
				"x-content-type-options": "nosniff",
			});
			const cookies = (stream.headers["set-cookie"] ?? []).map((cookie) => cookie.split("=")[0]);
			expect(cookies.sort()).toEqual(["a", "b", "sid"]);
		});

		it("the content type is the stream's own, and each header is there once", async () => {
			await start({
				routes: {
					"/events": async (context) => {
						context.setHeader("Content-Type", "text/html");
						await events(context);
					},
				},
			});
			const stream = await open();
			expect(stream.headers["content-type"]).toBe("text/event-stream");
			const names = stream.rawHeaders
				.filter((_, index) => index % 2 === 0)
				.map((each) => each.toLowerCase());
			expect(names).toHaveLength(new Set(names).size);
		});

		it("compression does not hold events back", async () => {
			await start({ use: ["compression"] });
			const stream = await open("/events", { headers: { "Accept-Encoding": "gzip, br" } });
			app.service.send("all", "at once");
			expect(await stream.take(1)).toEqual([{ data: "at once" }]);
			expect(stream.headers).not.toHaveProperty("content-encoding");
		});

		it("a rejected sign-in before the stream opens is a normal error response, with its headers", async () => {
			await start({
				use: ["cors", "cookies"],
				routes: {
					"/events": async (context) => {
						context.setHeader("WWW-Authenticate", "Bearer");
						context.setCookie("a", "1");
						throw unauthorized();
					},
				},
			});
			const response = await open("/events", { headers: { Origin: "https://example.com" } });
			expect(response.status).toBe(401);
			expect(response.headers).toMatchObject({
				"access-control-allow-origin": "https://example.com",
				"www-authenticate": "Bearer",
				"set-cookie": [expect.stringMatching(/^a=1/)],
			});
			expect(await response.ended).toBe(true);
			expect(response.text).toContain("sign in first");
			expect(response.headers["content-type"]).not.toBe("text/event-stream");
			expect(app.service.stats()).toMatchObject(nobody);
		});

		it("a limit refuses with its status, as a normal error response", async () => {
			await start({ maxConnections: 1 });
			await open();
			const refused = await open();
			expect(refused.status).toBe(503);
			expect(await refused.ended).toBe(true);
			expect(refused.headers["content-type"]).not.toBe("text/event-stream");
			expect(app.service.stats().connections).toBe(1);
		});

		it("what throws after the stream has opened ends it and reaches the framework's logger, nothing else", async () => {
			const error = new Error("too late");
			await start({
				routes: {
					"/events": async (context) => {
						await events(context);
						throw error;
					},
					"/others": events,
				},
			});
			const other = await open("/others");
			const stream = await open();
			await stream.ended;
			await eventually(() => app.service.stats().connections === 1);
			expect(JSON.stringify(app.errors.map(String))).toContain("too late");
			expect(app.errors).toHaveLength(1);
			expect(connections.map(({ closeReason }) => closeReason)).toEqual([undefined, "error"]);
			// It has sent nothing, and the streams of others continue.
			if (harness.sendsOnReturn) expect(stream.status).toBe(500);
			else expect(stream.textBetweenHeartbeats).toBe(": open\n");
			expect(app.service.send("all", "still here")).toBe(1);
			expect(await other.take(1)).toEqual([{ data: "still here" }]);
		});

		it("a client that leaves frees everything, and aborts the handler's signal", async () => {
			await start();
			const stream = await open();
			await eventually(() => connections.length === 1);
			stream.abort();
			await eventually(() => connections[0]?.signal.aborted === true);
			expect(connections[0]?.closeReason).toBe("client");
			expect(app.service.stats()).toMatchObject(nobody);
			expect(app.errors).toEqual([]);
		});

		it("a client that leaves while it is blocked frees everything", async () => {
			await start();
			const reader = await openBlockedReader(port(), "/events");
			await eventually(() => connections.length === 1);
			for (let sent = 0; sent < 40; sent++) connections[0]?.send("x".repeat(16_000));
			reader.abort();
			await eventually(() => connections[0]?.signal.aborted === true);
			expect(app.service.stats()).toMatchObject(nobody);
			expect(app.errors).toEqual([]);
		});

		it("a POST whose body was parsed streams, and frees everything when its client leaves", async () => {
			let body: unknown;
			await start({
				use: ["body"],
				routes: {
					"/events": (context) => {
						body = context.body;
						return events(context);
					},
				},
			});
			const headers = { "Content-Type": "application/json" };
			const stream = await open("/events", { method: "POST", headers, body: '{"prompt":"hi"}' });
			expect(body).toEqual({ prompt: "hi" });
			await eventually(() => connections.length === 1);
			connections[0]?.send("answer");
			expect(await stream.take(1)).toEqual([{ data: "answer" }]);
			stream.abort();
			await eventually(() => connections[0]?.signal.aborted === true);
			expect(app.service.stats()).toMatchObject(nobody);
		});

		it("closing the app ends 100 streams in under two seconds, each by a clean end", async () => {
			await start();
			const streams = await Promise.all(Array.from({ length: 100 }, () => open()));
			await eventually(() => connections.length === 100);
			app.service.send("all", "last");
			const idle = measureIdle();
			await app.close();
			expect(idle()).toBeLessThan(2_000);
			expect(await Promise.all(streams.map(({ ended }) => ended))).not.toContain(false);
			expect(streams.every(({ events: [last] }) => last?.data === "last")).toBe(true);
			expect(new Set(connections.map(({ closeReason }) => closeReason))).toEqual(
				new Set(["shutdown"]),
			);
		});

		it("a reconnecting client receives what it missed", async () => {
			await start({ history: true });
			const first = await open();
			await eventually(() => connections.length === 1);
			app.service.send("all", "had");
			await first.take(1);
			const [id = ""] = /(?<=^id: ).*(?=\ndata: had$)/m.exec(first.text) ?? [];
			first.abort();
			await eventually(() => app.service.stats().connections === 0);
			app.service.send("all", "missed");
			const again = await open("/events", { headers: { "last-event-id": id } });
			app.service.send("all", "live");
			expect((await again.take(2)).map(({ data }) => data)).toEqual(["missed", "live"]);
		});

		it("closing the app over drainMs ends its streams one after another, each with its own reconnection time", async () => {
			const drainUntil = stopDrainClock();
			await start({ drainMs: 600 });
			const one = await open();
			await eventually(() => connections.length === 1);
			const other = await open();
			const closed = app.close();
			await drainUntil(() => app.service.stats().connections === 1);
			expect(await one.ended).toBe(true);
			expect(app.service.send("all", "meanwhile")).toBe(1);
			await drainUntil(() => app.service.stats().connections === 0);
			expect(await other.ended).toBe(true);
			await closed;
			expect(other.events).toEqual([{ data: "meanwhile" }]);
			expect([one.retries.length, other.retries.length]).toEqual([1, 1]);
		});

		it("a stream that is asked for while the app closes is refused with status 503 and Retry-After", async () => {
			let onAsked = (): void => {};
			const asked = new Promise<void>((resolve) => {
				onAsked = resolve;
			});
			let goOn = (): void => {};
			const going = new Promise<void>((resolve) => {
				goOn = resolve;
			});
			const drainUntil = stopDrainClock();
			await start({
				drainMs: 1_200,
				routes: {
					"/events": events,
					"/late": async (context) => {
						onAsked();
						await going;
						await events(context);
					},
				},
			});
			const streams = [await open(), await open(), await open()];
			const late = open("/late");
			await settled(asked, "the request to arrive");
			const closed = app.close();
			await drainUntil(() => app.service.stats().connections === 2);
			goOn();
			const refused = await late;
			expect(refused.status).toBe(503);
			expect(refused.headers["retry-after"]).toBe("2");
			expect(await refused.ended).toBe(true);
			expect(refused.headers["content-type"]).not.toBe("text/event-stream");
			expect(app.service.stats().connections).toBe(2);
			for (const stream of streams) stream.abort();
			await closed;
		});

		it("closing the app leaves no timer and no listener", async () => {
			const timers = [vi.spyOn(globalThis, "setInterval"), vi.spyOn(globalThis, "setTimeout")];
			const count = (): unknown[] =>
				process.eventNames().map((event) => [event, process.listenerCount(event)]);
			const before = count();
			await start();
			const streams = await Promise.all([open(), open()]);
			app.service.send("all", "last");
			await app.close();
			await Promise.all(streams.map(({ ended }) => ended));
			expect(count()).toEqual(before);
			const started = timers.flatMap((timer) => timer.mock.results.map(({ value }) => value));
			// Node's own words for a timer that has not been cleared, nor has run for the last time; those of a millisecond
			// are of `eventually`.
			const left = started.filter((timer) => timer._destroyed === false && timer._idleTimeout > 1);
			expect(left.map(String)).toEqual([]);
		});

		it("a client that keeps its socket for the next request does not hold the close up", async () => {
			await start();
			const client = await openSocket(port(), ["GET /events HTTP/1.1", "Host: 127.0.0.1"]);
			await client.untilText(": open");
			const idle = measureIdle();
			await app.close();
			await client.closed;
			expect(idle()).toBeLessThan(2_000);
			// The last chunk of a body that has ended well.
			expect(client.text.endsWith("\r\n0\r\n\r\n")).toBe(true);
		});

		it("a server that is closed past its app, as worker.disconnect() does it, ends its streams", async () => {
			await start();
			const stream = await open();
			app.service.send("all", "last");
			app.server.close();
			expect(await settled(stream.ended, "the stream to end")).toBe(true);
			expect(stream.events).toEqual([{ data: "last" }]);
			await eventually(() => connections[0]?.closeReason === "shutdown");
		});

		it("two services in one app stay apart", async () => {
			await start({ routes: { "/events": events, "/second/events": events } });
			const one = await open();
			const other = await open("/second/events");
			expect(app.service.send("all", "one")).toBe(1);
			expect(app.second.send("all", "other")).toBe(1);
			expect(await one.take(1)).toEqual([{ data: "one" }]);
			expect(await other.take(1)).toEqual([{ data: "other" }]);
		});

		it("a standalone stream receives what its handle sends, and nothing that is sent to its client or to everyone", async () => {
			await start({
				routes: {
					"/standalone": async (context) => {
						connections.push(await context.open({ standalone: true }));
					},
					"/events": events,
				},
			});
			const stream = await open("/standalone");
			await eventually(() => connections.length === 1);
			const other = await open();
			const [handle] = connections;
			expect(app.service.send("all", "to everyone")).toBe(1);
			expect(app.service.send({ client: handle?.clientId ?? "" }, "to its client")).toBe(0);
			expect(handle?.send("its own")).toBe(1);
			expect(await other.take(1)).toEqual([{ data: "to everyone" }]);
			expect(await stream.take(1)).toEqual([{ data: "its own" }]);
			expect(app.service.stats()).toMatchObject({ connections: 2, groups: 1 });
		});

		it("an ESM app and a CommonJS dependency share the default service, which outlives the app", async () => {
			await start({ byDefault: true });
			const stream = await open();
			expect(harness.commonJs.sendSSEToAll("shared")).toBe(1);
			expect(await stream.take(1)).toEqual([{ data: "shared" }]);
			await app.close();
			expect(await stream.ended).toBe(true);
			await start({ byDefault: true });
			const next = await open();
			expect(harness.commonJs.sendSSEToAll("again")).toBe(1);
			expect(await next.take(1)).toEqual([{ data: "again" }]);
		});

		it("the next app of a process may configure the default service again, once the one before has closed", async () => {
			// As in a process that has just begun.
			Reflect.deleteProperty(globalThis, Symbol.for("sse-service.default.v1"));
			const opened: string[] = [];
			for (const name of ["first", "second"]) {
				await start({ byDefault: true, onConnect: () => opened.push(name) });
				const stream = await open();
				expect(harness.commonJs.sendSSEToAll(name)).toBe(1);
				expect(await stream.take(1)).toEqual([{ data: name }]);
				await app.close();
			}
			expect(opened).toEqual(["first", "second"]);
		});

		const overHttp2 = "streams over HTTP/2";
		if (canExist(name, overHttp2)) it(overHttp2, streamsOverHttp2);
		async function streamsOverHttp2(): Promise<void> {
			await start({ http2: true });
			const stream = await open("/events", { http2: true });
			expect(stream.headers).toMatchObject({ ":status": 200, "content-type": "text/event-stream" });
			app.service.send("all", "hello");
			expect(await stream.take(1)).toEqual([{ data: "hello" }]);
			await app.close();
			expect(await stream.ended).toBe(true);
		}

		it("HEAD is answered with the stream's headers and opens nothing", async () => {
			await start();
			// By hand: a HEAD response has no body whose end a parser could wait for.
			const socket = await openSocket(port(), ["HEAD /events HTTP/1.1", "Host: 127.0.0.1"]);
			await socket.untilText("\r\n\r\n");
			expect(socket.text).toMatch(/^HTTP\/1\.1 200 .*content-type: text\/event-stream\r\n/is);
			socket.abort();
			expect(app.service.stats()).toMatchObject(nobody);
		});

		it("the access log has one line for a stream, with status 200", async () => {
			await start();
			const stream = await open();
			await app.close();
			await stream.ended;
			await eventually(() => app.accessLog.length > 0);
			expect(app.accessLog).toEqual([200]);
			expect(app.errors).toEqual([]);
		});
	});
}

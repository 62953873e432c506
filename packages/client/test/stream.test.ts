/**
 * One stream, from a real server: what it delivers, and how it ends and reconnects.
 */
import { constants, createGzip } from "node:zlib";
import { collectComplaints, eventually, settled, startCuttingProxy } from "@sse-service/testing";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import {
	openStream,
	StreamError,
	type StreamEvent,
	type StreamOptions,
	type StreamState,
} from "../src/index.js";
import { atEnd, open, serve, untilState } from "./serving.js";

type Events = { tick: { price: number }; message: string };

const FAST = { baseMs: 1, maxMs: 5 };

describe("a stream", () => {
	it("gives listeners the events of their type, with the data read and the id", async () => {
		const { sse, server } = await serve({ history: true });
		const stream = open<Events>(server.url);
		const ticks: StreamEvent<Events, "tick">[] = [];
		stream.on("tick", (event) => ticks.push(event));
		const texts: string[] = [];
		stream.on("message", ({ data }) => texts.push(data));
		await untilState(stream, "open");
		sse.send("all", { price: 7 }, { event: "tick" });
		sse.send("all", "not JSON");
		await eventually(() => texts.length > 0);
		expect(ticks).toEqual([{ type: "tick", data: { price: 7 }, id: expect.stringMatching(/\w/) }]);
		expect(texts).toEqual(["not JSON"]);
		expect(stream.lastEventId).not.toBe(ticks[0]?.id);
	});

	it("is an async iterable, which ends when the stream is closed", async () => {
		const { sse, server } = await serve();
		const stream = open(server.url);
		await untilState(stream, "open");
		const received: unknown[] = [];
		const reading = (async () => {
			for await (const { data } of stream) {
				received.push(data);
				if (received.length === 3) stream.close();
			}
		})();
		for (const data of [1, 2, 3, 4]) sse.send("all", data);
		await settled(reading, "the end");
		expect(received).toEqual([1, 2, 3]);
		expect(stream.state).toBe("closed");
		expect(stream.signal.aborted).toBe(true);
	});

	it("does not read on while an iterator is behind, and loses nothing", async () => {
		let bufferedBytes = (): number => 0;
		const { sse, server } = await serve({
			maxBufferedBytes: Infinity,
			onConnect: ({ connection }) => {
				bufferedBytes = () => connection.bufferedBytes;
			},
		});
		const stream = open(server.url);
		const iterator = stream[Symbol.asyncIterator]();
		await untilState(stream, "open");
		const text = "x".repeat(10_000);
		for (let i = 0; i < 3_000; i++) sse.send("all", { i, text });
		// 30 MB: far more than what the thousand that may wait and the sockets hold.
		let last = -1;
		await eventually(() => {
			const before = last;
			last = bufferedBytes();
			return last === before && last < 30_000_000;
		});
		expect(last).toBeGreaterThan(1_000_000);
		for (let i = 0; i < 3_000; i++) {
			const { value } = await iterator.next();
			expect(value?.data).toEqual({ i, text });
		}
	});

	it("asks for headers and body anew for each attempt, and sends a body by POST", async () => {
		let attempts = 0;
		const { sse, server, requests } = await serve();
		const bodies: string[] = [];
		server.server.on("request", (req) => {
			let body = "";
			req.setEncoding("utf8").on("data", (part: string) => {
				body += part;
			});
			req.on("end", () => bodies.push(body));
		});
		const stream = open(server.url, {
			method: "POST",
			headers: async () => ({ authorization: `Bearer ${++attempts}` }),
			body: () => `question ${attempts}`,
			retry: FAST,
		});
		await untilState(stream, "open");
		sse.disconnect("all");
		await untilState(stream, "waiting");
		await untilState(stream, "open");
		expect(requests.map(({ method, headers }) => [method, headers.authorization])).toEqual([
			["POST", "Bearer 1"],
			["POST", "Bearer 2"],
		]);
		await eventually(() => bodies.length === 2);
		expect(bodies).toEqual(["question 1", "question 2"]);
	});

	it("reports a headers function that never returns, and tries again", async () => {
		const { server } = await serve();
		let calls = 0;
		const errors: string[] = [];
		const stream = open(server.url, {
			headers: () => (++calls < 3 ? new Promise<never>(() => {}) : {}),
			connectTimeoutMs: 200,
			retry: FAST,
			onError: ({ code }) => errors.push(code),
		});
		await untilState(stream, "open");
		expect(errors.slice(0, 2)).toEqual(["ERR_SSE_STALLED", "ERR_SSE_STALLED"]);
	});

	it("refreshes once at a 401, and tries again at once", async () => {
		let token = "old";
		const { server, requests } = await serve({}, (req, res) => {
			if (req.headers.authorization === "new") return undefined;
			res.writeHead(401).end();
			return true;
		});
		const stream = open(server.url, {
			headers: () => ({ authorization: token }),
			onUnauthorized: async () => {
				token = "new";
			},
			// Had it waited, the test would never end.
			retry: { baseMs: 2_000_000_000, maxMs: 2_000_000_000 },
		});
		await untilState(stream, "open");
		expect(requests).toHaveLength(2);
	});

	it("ends at a second 401 in a row, and at one without onUnauthorized", async () => {
		const { server, requests } = await serve({}, (_req, res) => {
			res.writeHead(401).end();
			return true;
		});
		let refreshed = 0;
		const stream = open(server.url, { onUnauthorized: () => refreshed++ });
		await untilState(stream, "closed");
		expect([refreshed, requests.length, stream.error?.status]).toEqual([1, 2, 401]);
		const plain = open(server.url);
		await untilState(plain, "closed");
		expect(plain.error).toMatchObject({ code: "ERR_SSE_STATUS", status: 401, final: true });
	});

	it("ends at 204 without an error, and with one at a final status and at another content type", async () => {
		const answers = new Map([
			["/204", [204, "text/event-stream"]],
			["/206", [206, "text/event-stream"]],
			["/304", [304, "text/event-stream"]],
			["/403", [403, "text/event-stream"]],
			["/html", [200, "text/html"]],
		] as const);
		const { server } = await serve({}, (req, res) => {
			const [status, type] = answers.get(req.url as "/204") ?? [500, ""];
			res.writeHead(status, { "content-type": type }).end();
			return true;
		});
		const ended = async (path: string): Promise<StreamError | undefined> => {
			const stream = open(server.url + path);
			await untilState(stream, "closed");
			return stream.error;
		};
		expect(await ended("/204")).toBeUndefined();
		for (const status of [206, 304, 403])
			expect(await ended(`/${status}`)).toMatchObject({ code: "ERR_SSE_STATUS", status });
		expect(await ended("/html")).toMatchObject({ code: "ERR_SSE_CONTENT_TYPE" });
		const stream = open(`${server.url}/403`);
		await expect(stream[Symbol.asyncIterator]().next()).rejects.toBeInstanceOf(StreamError);
	});

	it("says each failure that another attempt follows", async () => {
		const { server } = await serve({}, (_req, res, count) => {
			if (count > 2) return undefined;
			res.writeHead(503).end();
			return true;
		});
		const errors: StreamError[] = [];
		const states: StreamState[] = [];
		const stream = open(server.url, { retry: FAST, onError: (error) => errors.push(error) });
		stream.onState((state) => states.push(state));
		await untilState(stream, "open");
		expect(errors.map(({ status, final }) => [status, final])).toEqual([
			[503, false],
			[503, false],
		]);
		expect(states).toEqual(["waiting", "connecting", "waiting", "connecting", "open"]);
		expect(stream.error).toBeUndefined();
	});

	it("gets every event once and in order, though its connections are cut at random bytes", async () => {
		const { sse, server } = await serve({ history: true });
		const proxy = await startCuttingProxy({
			port: server.port,
			seed: 7,
			maxBytes: 3_000,
			maxCuts: 60,
		});
		atEnd(() => proxy.close());
		const received: unknown[] = [];
		const gaps: string[] = [];
		const stream = open(proxy.url, { retry: FAST, onGap: ({ reason }) => gaps.push(reason) });
		stream.on("message", ({ data }) => received.push(data));
		await untilState(stream, "open");
		await eventually(() => stream.lastEventId !== undefined);
		proxy.start();
		const EVENTS = 3_000;
		for (let i = 0; i < EVENTS; i++) {
			sse.send("all", i);
			if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
		}
		await eventually(
			() => received.length >= EVENTS,
			() => `${received.length} of ${EVENTS}`,
		);
		expect(received).toEqual(Array.from({ length: EVENTS }, (_, i) => i));
		expect(gaps).toEqual([]);
		expect(proxy.cuts).toBeGreaterThan(10);
	});

	it("says that events are missing", async () => {
		const { server } = await serve({ history: true });
		const gaps: unknown[] = [];
		open(server.url, { lastEventId: "1.other.5.tag", onGap: (gap) => gaps.push(gap) });
		await eventually(() => gaps.length > 0);
		expect(gaps).toEqual([
			{ reason: expect.stringMatching(/^(epoch|invalid)$/), id: expect.any(String) },
		]);
	});

	// It was sent as the id "null", and answered with a gap.
	it("begins anywhere when the storage of the application has no position yet", async () => {
		const { server, requests } = await serve();
		await untilState(open(server.url, { lastEventId: null }), "open");
		expect(requests[0]?.headers["last-event-id"]).toBeUndefined();
	});

	it("sends its position in the query, on request", async () => {
		const { server, requests } = await serve();
		const stream = open(`${server.url}/events?a=1#part`, {
			lastEventId: "ü&1",
			lastEventIdIn: "query",
		});
		await untilState(stream, "open");
		expect(requests[0]?.url).toBe("/events?a=1&lastEventId=%C3%BC%261");
		expect(requests[0]?.headers["last-event-id"]).toBeUndefined();
	});

	it("sends an id of any characters as browsers do", async () => {
		const { sse, server, requests } = await serve();
		const stream = open(server.url, { retry: FAST });
		await untilState(stream, "open");
		sse.send("all", "x", { id: "größe ✓" });
		await eventually(() => stream.lastEventId === "größe ✓");
		sse.disconnect("all");
		await eventually(() => requests.length === 2);
		const header = requests[1]?.headers["last-event-id"] as string;
		expect(Buffer.from(header, "latin1").toString("utf8")).toBe("größe ✓");
	});

	it("notices a connection on which nothing comes, and reconnects", async () => {
		let mute = true;
		const { server, requests } = await serve({}, (_req, res) => {
			if (!mute) return undefined;
			res.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
			return true;
		});
		const stream = open(server.url, { stallAfterMs: 20, retry: FAST });
		await untilState(stream, "buffered");
		expect(stream.error?.code).toBe("ERR_SSE_STALLED");
		expect(requests.length).toBeGreaterThanOrEqual(3);
		mute = false;
		await eventually(() => stream.state === "open");
	});

	it("learns from an sse-service after which silence something is wrong", async () => {
		let cut: () => void = () => {};
		const { sse, server, requests } = await serve({ heartbeatIntervalMs: 20 }, (_req, res) => {
			const write = res.write.bind(res);
			// Like a network failure: what the server writes does not arrive.
			res.write = ((...args: Parameters<typeof write>) =>
				isCut ? true : write(...args)) as typeof write;
			return undefined;
		});
		let isCut = false;
		cut = () => {
			isCut = true;
		};
		const stream = open(server.url, { retry: FAST });
		await untilState(stream, "open");
		await eventually(() => sse.stats().bytesSent > 20, "a heartbeat");
		cut();
		await eventually(() => stream.error?.code === "ERR_SSE_STALLED", "the silence to be noticed");
		isCut = false;
		await untilState(stream, "open");
		expect(requests.length).toBeGreaterThan(1);
	});

	it("delivers nothing after close, not even what is in the same chunk, and lets the connection go", async () => {
		const { sse, server } = await serve();
		const stream = open(server.url);
		const received: unknown[] = [];
		stream.on("message", ({ data }) => {
			received.push(data);
			stream.close();
		});
		await untilState(stream, "open");
		sse.send("all", 1);
		sse.send("all", 2);
		await eventually(() => sse.stats().connections === 0);
		expect(received).toEqual([1]);
		stream.close();
	});

	it("is closed by a signal, also by one that is aborted already", async () => {
		const { server, requests } = await serve();
		const controller = new AbortController();
		const stream = open(server.url, { signal: controller.signal });
		await untilState(stream, "open");
		controller.abort();
		expect(stream.state).toBe("closed");
		expect(open(server.url, { signal: controller.signal }).state).toBe("closed");
		expect(requests).toHaveLength(1);
	});

	// Node 20 warns about more than ten listeners of a signal.
	it("is closed by a signal of many streams, of which Node has nothing to say", async () => {
		const complaints = collectComplaints("warning");
		const { server } = await serve();
		const controller = new AbortController();
		const streams = Array.from({ length: 12 }, () =>
			open(server.url, { signal: controller.signal }),
		);
		const [first] = streams;
		first?.close();
		await Promise.all(streams.slice(1).map((stream) => untilState(stream, "open")));
		controller.abort();
		expect(streams.map(({ state }) => state)).toEqual(Array(12).fill("closed"));
		expect(complaints.stop()).toEqual([]);
	});

	it("reports what a listener throws as uncaught, and continues", async () => {
		const { sse, server } = await serve();
		const stream = open(server.url);
		const received: unknown[] = [];
		const mistake = new Error("a listener's own");
		const uncaught: unknown[] = [];
		const report = (error: unknown): unknown => uncaught.push(error);
		const others = process.listeners("uncaughtException");
		process.removeAllListeners("uncaughtException");
		process.on("uncaughtException", report);
		atEnd(() => {
			process.removeListener("uncaughtException", report);
			for (const other of others) process.on("uncaughtException", other);
		});
		stream.on("message", () => {
			throw mistake;
		});
		stream.on("message", ({ data }) => received.push(data));
		await untilState(stream, "open");
		sse.send("all", 1);
		sse.send("all", 2);
		await eventually(() => received.length === 2 && uncaught.length === 2);
		expect(uncaught).toEqual([mistake, mistake]);
	});

	it("refuses a URL that no attempt could request, unless a fetch of the application knows it", () => {
		for (const url of ["/events", "http//example.test", ""]) {
			expect(() => openStream(url), url).toThrow(
				expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
			);
		}
		openStream("/events", { fetch, signal: AbortSignal.abort() });
		openStream(new URL("http://127.0.0.1:1"), { signal: AbortSignal.abort() });
	});

	it("continues when a loop over it is left, by break and by throw, and can be looped over again", async () => {
		const { sse, server } = await serve();
		const stream = open(server.url);
		await untilState(stream, "open");
		const first = async (): Promise<unknown> => {
			for await (const { data } of stream) return data;
			return "nothing";
		};
		const failing = async (): Promise<void> => {
			for await (const { data } of stream) throw new Error(String(data));
		};
		const reading = first();
		sse.send("all", 1);
		expect(await settled(reading, "the first event")).toBe(1);
		const refused = expect(failing()).rejects.toThrow("2");
		sse.send("all", 2);
		await settled(refused, "the error of the loop");
		const again = first();
		sse.send("all", 3);
		expect(await settled(again, "the third event")).toBe(3);
		expect(stream.state).toBe("open");
	});

	it("reads a body that is compressed", async () => {
		const { server } = await serve({}, (_req, res) => {
			res.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" });
			const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
			gzip.pipe(res);
			gzip.write("data: größe\n\n");
			return true;
		});
		const received: unknown[] = [];
		open(server.url).on("message", ({ data }) => received.push(data));
		await eventually(() => received.length > 0);
		expect(received).toEqual(["größe"]);
	});

	it("follows a redirect, and asks the first address again for the next attempt", async () => {
		const { sse, server, requests } = await serve({}, (req, res) => {
			if (req.url !== "/old") return undefined;
			res.writeHead(307, { location: "/new" }).end();
			return true;
		});
		const stream = open(`${server.url}/old`, { retry: FAST });
		await untilState(stream, "open");
		sse.disconnect("all");
		await eventually(() => requests.length === 4);
		expect(requests.map(({ url }) => url)).toEqual(["/old", "/new", "/old", "/new"]);
	});

	it("validates data by a schema of Zod, whose types are those of the events", async () => {
		const { sse, server } = await serve();
		const tick = z.object({ price: z.number() });
		const errors: StreamError[] = [];
		const stream = open<{ tick: z.infer<typeof tick> }>(server.url, {
			parse: { tick },
			onError: (error) => errors.push(error),
		});
		const prices: number[] = [];
		stream.on("tick", ({ data }) => prices.push(data.price));
		await untilState(stream, "open");
		sse.send("all", { price: "7" }, { event: "tick" });
		sse.send("all", { price: 8, more: true }, { event: "tick" });
		await eventually(() => prices.length > 0);
		expect(prices).toEqual([8]);
		expect(errors).toMatchObject([{ code: "ERR_SSE_PARSE", final: false }]);
	});

	it("validates data by a Standard Schema, and skips what does not fit", async () => {
		const { sse, server } = await serve();
		const price = {
			"~standard": {
				validate: (value: unknown) =>
					typeof (value as { price?: unknown }).price === "number"
						? { value: value as { price: number } }
						: { issues: [{ message: "price must be a number" }] },
			},
		};
		const errors: StreamError[] = [];
		const stream = open<Events>(server.url, {
			parse: { tick: price },
			onError: (error) => errors.push(error),
		});
		const prices: number[] = [];
		stream.on("tick", ({ data }) => prices.push(data.price));
		await untilState(stream, "open");
		sse.send("all", { price: "7" }, { event: "tick" });
		sse.send("all", { price: 8 }, { event: "tick" });
		await eventually(() => prices.length > 0);
		expect(prices).toEqual([8]);
		expect(errors).toMatchObject([
			{ code: "ERR_SSE_PARSE", final: false, cause: { message: "price must be a number" } },
		]);
	});

	// Cause: nobody handled the promise of a schema that is refused for returning one, which ends a process of Node.
	it("refuses a schema that validates later, and handles its rejection", async () => {
		const unhandled: unknown[] = [];
		const onUnhandled = (error: unknown): void => void unhandled.push(error);
		process.on("unhandledRejection", onUnhandled);
		atEnd(() => process.off("unhandledRejection", onUnhandled));
		const { sse, server } = await serve();
		const validate = (): Promise<never> => Promise.reject(new Error("no such user"));
		const errors: StreamError[] = [];
		const stream = open<Events>(server.url, {
			parse: { tick: { "~standard": { validate } } },
			onError: (error) => errors.push(error),
		});
		stream.on("tick", () => expect.unreachable());
		await untilState(stream, "open");
		sse.send("all", { price: 8 }, { event: "tick" });
		await eventually(() => errors.length > 0);
		await new Promise((resolve) => setImmediate(resolve));
		expect(errors).toMatchObject([
			{ code: "ERR_SSE_PARSE", cause: { message: "A schema must be synchronous" } },
		]);
		expect(unhandled).toEqual([]);
	});

	// The members of a string were taken for the types of its events, so that `on("tick")` did not compile.
	it.each(["auto", "json", "text"] as const)(
		"has events of any type, with parse %s and without a map",
		async (parse) => {
			const { sse, server } = await serve();
			const stream = openStream(server.url, { parse });
			atEnd(() => stream.close());
			const received: unknown[] = [];
			stream.on("tick", ({ data }) => received.push(data));
			await untilState(stream, "open");
			sse.send("all", 7, { event: "tick" });
			await eventually(() => received.length > 0);
			expect(received).toEqual([parse === "text" ? "7" : 7]);
		},
	);

	it("refuses options that are not of their kind, before it asks for anything", () => {
		const refusal = (options: object): unknown => {
			try {
				openStream("http://127.0.0.1:1", options);
			} catch (error) {
				return (error as StreamError).code;
			}
			return undefined;
		};
		for (const options of [
			{ retry: { baseMs: -1 } },
			{ retry: { jitter: 2 } },
			{ stallAfterMs: 0.5 },
			{ lastEventId: 7 },
			{ lastEventIdIn: "body" },
			{ parse: "xml" },
			{ parse: 5 },
			{ onGap: "reload" },
			{ maxEventLength: Number.NaN },
			{ shared: { maxEvents: -1 } },
			{ withCredentials: true },
			{ retry: { base: 1 } },
			{ shared: { max: 1 } },
			{ shared: "yes" },
			{ stallAfterMs: Number.NaN },
			{ retry: 5_000 },
		]) {
			expect(refusal(options), JSON.stringify(options)).toBe("ERR_SSE_INVALID_OPTION");
		}
	});

	// Node has had locks since 24.5. The streams of all users of a process became one, with the headers of the first.
	it("that is shared is a connection of its own outside of a browser, whatever locks there are", async () => {
		const request = async (_name: string, _options: object, hold: (lock: null) => unknown) =>
			hold(null);
		vi.stubGlobal("navigator", { locks: { request } });
		atEnd(() => vi.unstubAllGlobals());
		const { server, requests } = await serve();
		for (const user of ["ann", "bob"]) {
			const stream = open(server.url, { shared: true, headers: { user } });
			await settled(untilState(stream, "open"), `a connection for ${user}`);
		}
		expect(requests.map(({ headers }) => headers.user)).toEqual(["ann", "bob"]);
	});

	// Each attempt failed, as by the network, and another followed for ever.
	it.each<[string, StreamOptions]>([
		["GET with a body", { body: "question" }],
		["GET with a function for the body", { body: () => "question" }],
		["a method that is no token", { method: "GET /" }],
		["a header whose value has a line break", { headers: { authorization: "Bearer 1\n2" } }],
		["a header whose name has a space", { headers: [["a b", "1"]] }],
	])("refuses %s, before it asks for anything", async (_, options) => {
		const refusal = expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" });
		expect(() => open("http://127.0.0.1:1", options)).toThrow(refusal);
	});

	// An error of `fetch` and of `Headers` says what it was given.
	it("says in no message what may be secret: a header, a query, or a password in a URL", async () => {
		const refusals = [
			() => open("/events?token=secret"),
			() => open("http://user:secret@[/"),
			() => open("http://127.0.0.1:1", { headers: { authorization: "Bearer secret\nx" } }),
		].map((openIt) => {
			try {
				openIt();
			} catch (error) {
				return error as StreamError;
			}
			throw new Error("nothing was refused");
		});
		const failed = await new Promise<StreamError>((onError) => {
			open("http://user:secret@127.0.0.1:1/?token=secret", { onError });
		});
		for (const { code, message } of [...refusals, failed]) {
			expect(message, code).not.toContain("secret");
		}
		expect(refusals.at(-1)?.cause).toBeInstanceOf(TypeError);
		expect(failed.code).toBe("ERR_SSE_NETWORK");
	});

	it("takes a body of null for none", async () => {
		const { server, requests } = await serve();
		await untilState(open(server.url, { body: null }), "open");
		expect(requests[0]?.method).toBe("GET");
	});

	it("needs no global Request with a fetch of the application", async () => {
		vi.stubGlobal("Request", undefined);
		atEnd(() => vi.unstubAllGlobals());
		const { server } = await serve();
		await untilState(open(server.url, { fetch: globalThis.fetch }), "open");
	});

	it("that is shared needs no global navigator, which Node 20 does not have", async () => {
		vi.stubGlobal("location", { href: "http://127.0.0.1/" });
		vi.stubGlobal("navigator", undefined);
		atEnd(() => vi.unstubAllGlobals());
		const { server } = await serve();
		await untilState(open(server.url, { shared: true }), "open");
	});

	it("leaves it to a fetch of the application whether GET may have a body", async () => {
		const asked = new Promise<unknown>((resolve) => {
			open("http://127.0.0.1:1", {
				body: "question",
				fetch: (async (_url: unknown, init: RequestInit) => {
					resolve(init.body);
					return new Response(null, { status: 204 });
				}) as typeof fetch,
			});
		});
		expect(await asked).toBe("question");
	});

	it("honours Retry-After, and the server's retry", async () => {
		const { server } = await serve({ retryMs: 3 }, (_req, res, count) => {
			if (count > 1) return undefined;
			res.writeHead(503, { "retry-after": "1" }).end();
			return true;
		});
		const begun = performance.now();
		const stream = open(server.url, { retry: FAST });
		await untilState(stream, "open");
		// A clock of the machine is not what a timer counts by: a tenth less would still be far above the 5 ms of FAST.
		expect(performance.now() - begun).toBeGreaterThan(900);
	});
});

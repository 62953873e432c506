/**
 * Servers that want their clients to spin, to fill their memory, or to send elsewhere what is meant for them.
 */
import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { eventually, sizeOf } from "@sse-service/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
	type AnyEvents,
	type EventStream,
	openStream,
	type StreamError,
	type StreamOptions,
} from "../src/index.js";
import { atEnd, open, serve } from "./serving.js";

const TYPE = { "content-type": "text/event-stream" };
const NOTHINGS = sizeOf({ usual: 20_000, long: 200_000 });

describe("on a clock that the test moves", () => {
	beforeEach(() => {
		vi.useFakeTimers();
	});
	afterEach(() => {
		// First: restored later, a spy on a fake timer would reinstall the fake one, and no timer would fire.
		vi.restoreAllMocks();
		vi.useRealTimers();
	});

	/** Opens a stream to a server that answers each request with what `answer` returns. @returns the headers of each */
	function ask(
		answer: (count: number, signal: AbortSignal) => Response | Promise<Response>,
		options: StreamOptions = {},
	): Headers[] {
		const requests: Headers[] = [];
		const stream = openStream("http://server.test/", {
			...options,
			fetch: (async (_url: unknown, init: RequestInit = {}) => {
				requests.push(new Headers(init.headers));
				return answer(requests.length, init.signal as AbortSignal);
			}) as typeof fetch,
		});
		atEnd(() => stream.close());
		return requests;
	}

	it("a retry of 0 on streams that end at once makes no tight loop", async () => {
		const requests = ask((n) => new Response(`retry: 0\nid: ${n}\ndata: x\n\n`, { headers: TYPE }));
		await vi.advanceTimersByTimeAsync(2_000);
		// Each 100 ms, with jitter 150.
		expect(requests.length).toBeGreaterThan(12);
		expect(requests.length).toBeLessThanOrEqual(21);
	});

	// Timers take no more than 2 ** 31 - 1 ms, and fire at once for more.
	it.each([["99999999999999999999"], ["9".repeat(400)], ["2147483648"]])(
		"a retry of %s ms is an hour",
		async (retry) => {
			const requests = ask(() => new Response(`retry: ${retry}\n\n`, { headers: TYPE }));
			await vi.advanceTimersByTimeAsync(3_590_000);
			expect(requests).toHaveLength(1);
			// With jitter.
			await vi.advanceTimersByTimeAsync(1_820_000);
			expect(requests).toHaveLength(2);
		},
	);

	it.each([["9999999999"], ["1e3"], ["-1"]])(
		"an announced heartbeat of %s ms sets no timer",
		async (heartbeat) => {
			const headers = { ...TYPE, "sse-heartbeat": heartbeat };
			ask(() => new Response(new ReadableStream(), { headers }));
			await vi.advanceTimersByTimeAsync(0);
			const timers = vi.spyOn(globalThis, "setTimeout");
			await vi.advanceTimersByTimeAsync(1_000);
			expect(timers).not.toHaveBeenCalled();
		},
	);

	it("503 with Retry-After: 0 is asked less and less often, also with a base of 0", async () => {
		const refusal = (): Response =>
			new Response(null, { status: 503, headers: { "retry-after": "0" } });
		const requests = ask(refusal, { retry: { baseMs: 0, jitter: 0 } });
		await vi.advanceTimersByTimeAsync(60_000);
		// At once, then after 1, 2, 4, … 16,384 ms, and each 30 s.
		expect(requests.length).toBeLessThanOrEqual(19);
	});

	it("polls that are answered at once, each with another id, follow each other no faster than 20 times a second", async () => {
		const requests = ask(
			(count, signal) =>
				count > 3
					? new Response(`: poll\nid: ${count}\n\n`, { headers: TYPE })
					: new Promise((_, reject) => {
							signal.addEventListener("abort", () => reject(signal.reason));
						}),
			{ connectTimeoutMs: 10, retry: { baseMs: 1, maxMs: 1 } },
		);
		await vi.advanceTimersByTimeAsync(100);
		const before = requests.length;
		expect(before).toBeGreaterThan(3);
		await vi.advanceTimersByTimeAsync(1_000);
		expect(requests.length - before).toBeGreaterThan(15);
		expect(requests.length - before).toBeLessThanOrEqual(20);
	});

	it("heartbeats announced for each millisecond, and missing, make no tight loop", async () => {
		const headers = { ...TYPE, "sse-heartbeat": "1" };
		const part = new TextEncoder().encode("id: 1\ndata: x\n\n");
		const body = (): ReadableStream => {
			return new ReadableStream({ start: (controller) => controller.enqueue(part) });
		};
		const requests = ask(() => new Response(body(), { headers }), { retry: { jitter: 0 } });
		await vi.advanceTimersByTimeAsync(10_500);
		// One a second: each has brought an event.
		expect(requests.length).toBeGreaterThan(5);
		expect(requests.length).toBeLessThanOrEqual(11);
	});

	it("a 401 after each stream that ends at once makes no tight loop", async () => {
		let renewed = 0;
		const requests = ask(
			(count) =>
				count % 2 === 0
					? new Response(`retry: 0\nid: ${count}\ndata: x\n\n`, { headers: TYPE })
					: new Response(null, { status: 401, headers: { "retry-after": "-1" } }),
			{ onUnauthorized: () => renewed++ },
		);
		await vi.advanceTimersByTimeAsync(2_000);
		expect(renewed).toBeGreaterThan(10);
		// At least 100 ms after each stream, and nothing after each 401.
		expect(requests.length).toBeLessThanOrEqual(42);
	});

	it("streams that end at once, with nothing in them, are asked for less and less often", async () => {
		const requests = ask(() => new Response("", { headers: TYPE }), { retry: { jitter: 0 } });
		await vi.advanceTimersByTimeAsync(60_000);
		// At once, and after 1, 2, 4, 8, 16 and 30 s.
		expect(requests).toHaveLength(6);
	});

	/** A stream whose heartbeats come each second for this long, and that ends after `endsAfterMs`. */
	function idle(heartbeatsMs: number, endsAfterMs = heartbeatsMs): Response {
		const body = new ReadableStream({
			start(controller) {
				const heart = setInterval(() => controller.enqueue(new TextEncoder().encode(":\n")), 1_000);
				setTimeout(() => clearInterval(heart), heartbeatsMs);
				if (endsAfterMs < Infinity) setTimeout(() => controller.close(), endsAfterMs);
			},
		});
		return new Response(body, { headers: TYPE });
	}

	// Only events and ids set the delay back: what a proxy ended each minute was away for 30 s each time, if nothing was to say.
	it.each<[string, () => Response, number]>([
		["ended after 5 s with heartbeats", () => idle(5_500), 5_500],
		["ended after 5 s without heartbeats", () => idle(0, 5_500), 5_500],
		["mute after 5 s of heartbeats, for 6 s", () => idle(5_500, Infinity), 11_000],
	])(
		"a stream without events, %s, is asked for after the first delay",
		async (_, answer, lifeMs) => {
			const down = 4;
			const requests = ask(
				(count) => (count <= down ? new Response(null, { status: 503 }) : answer()),
				{ retry: { jitter: 0 }, stallAfterMs: 6_000 },
			);
			// The 503 are followed by 1, 2, 4 and 8 s, and each stream by 1 s.
			await vi.advanceTimersByTimeAsync(15_000 + 10 * (lifeMs + 1_000) + 500);
			expect(requests).toHaveLength(down + 11);
		},
	);

	it("a stream that opens and brings nothing at all is asked for less and less often", async () => {
		const requests = ask(() => idle(0, Infinity), {
			retry: { jitter: 0 },
			stallAfterMs: 4_000,
			longPoll: false,
		});
		// Each is given up after 4 s, and then come 1, 2, 4, 8, 16 and 30 s.
		await vi.advanceTimersByTimeAsync(6 * 4_000 + 61_000 + 500);
		expect(requests).toHaveLength(7);
	});

	it.each([
		["a date", () => new Date(Date.now() + 60_000).toUTCString(), 60_000],
		["a date that is past", () => new Date(Date.now() - 60_000).toUTCString(), 1_000],
		["-1", () => "-1", 1_000],
		["no time at all", () => "soon", 1_000],
		["more than an hour", () => "99999999999999999999", 3_600_000],
	])("Retry-After may be %s", async (_, retryAfter, waitMs) => {
		vi.setSystemTime("2030-01-01T00:00:00Z");
		const refusal = (): Response =>
			new Response(null, { status: 429, headers: { "retry-after": retryAfter() } });
		const requests = ask(refusal, { retry: { jitter: 0 } });
		await vi.advanceTimersByTimeAsync(waitMs - 2);
		expect(requests).toHaveLength(1);
		await vi.advanceTimersByTimeAsync(3);
		expect(requests).toHaveLength(2);
	});

	// Jitter shortened what `retry:` asks for, by up to a half.
	it.each<[string, () => Response]>([
		["retry: 6000", () => new Response("retry: 6000\nid: 1\ndata: x\n\n", { headers: TYPE })],
		["Retry-After: 6", () => new Response(null, { status: 503, headers: { "retry-after": "6" } })],
	])("%s is waited in full, and jitter comes on top", async (_, answer) => {
		for (const [random, waitMs] of [
			[0, 6_000],
			[0.999, 8_997],
		] as const) {
			vi.spyOn(Math, "random").mockReturnValue(random);
			const requests = ask(answer);
			await vi.advanceTimersByTimeAsync(waitMs - 10);
			expect(requests).toHaveLength(1);
			await vi.advanceTimersByTimeAsync(20);
			expect(requests).toHaveLength(2);
		}
	});

	/** The stores and the pool of a page, and a fetch that is refused in 10 ms. */
	async function openPage() {
		vi.stubGlobal("document", {});
		vi.resetModules();
		atEnd(() => {
			vi.unstubAllGlobals();
			// The files that follow in this process have no page.
			vi.resetModules();
		});
		const { streamStores } = await import("../src/svelte.js");
		const { streamHandle } = await import("../src/stream-pool.js");
		const fetch = vi.fn(async () => {
			await new Promise((resolve) => setTimeout(resolve, 10));
			return new Response(null, { status: 403 });
		});
		return { streamStores, streamHandle, fetch };
	}

	// Such a notice opened it for all, which hid the notice, and the next refusal showed it again: 2,000 requests a second.
	it("a component that uses a stream only while it is closed opens it again once a second", async () => {
		const { streamStores, fetch } = await openPage();
		const use = (onState: (state: string) => void) =>
			streamStores("http://server.test/notice", { fetch }).state.subscribe(onState);
		let hide: (() => void) | undefined;
		const leave = use((state) => {
			if (state === "closed") hide ??= use(() => {});
			else {
				// After this change of state, as frameworks do.
				if (hide !== undefined) queueMicrotask(hide);
				hide = undefined;
			}
		});
		await vi.advanceTimersByTimeAsync(10_500);
		expect(fetch).toHaveBeenCalledTimes(11);
		hide?.();
		leave();
		await vi.advanceTimersByTimeAsync(10_000);
		expect(fetch).toHaveBeenCalledTimes(11);
		expect(vi.getTimerCount()).toBe(0);
	});

	it("a user that leaves while it moves to a stream that was opened again does not stay there", async () => {
		const { streamHandle, fetch } = await openPage();
		const handle = streamHandle("http://server.test/moving", undefined, () => ({ fetch }));
		const attached = new Set<unknown>();
		let times = 0;
		const leave = handle.use((stream) => {
			attached.add(stream);
			if (times++ > 0) leave();
			return () => attached.delete(stream);
		});
		await vi.advanceTimersByTimeAsync(2_000);
		expect(attached.size).toBe(1);
		atEnd(handle.use(() => () => {}));
		expect(attached.size).toBe(0);
	});

	it("a mute stream is noticed though the clock was set back", async () => {
		const requests = ask(() => new Response(new ReadableStream(), { headers: TYPE }), {
			stallAfterMs: 1_000,
			retry: { jitter: 0 },
		});
		await vi.advanceTimersByTimeAsync(500);
		vi.setSystemTime(Date.now() - 86_400_000);
		await vi.advanceTimersByTimeAsync(4_000);
		expect(requests.length).toBeGreaterThan(1);
	});

	it("a reader that takes its time is no mute server", async () => {
		const errors: StreamError[] = [];
		const encoded = new TextEncoder().encode("data: x\n\n");
		const body = new ReadableStream({ pull: (controller) => controller.enqueue(encoded) });
		const fetch = (async () => new Response(body, { headers: TYPE })) as typeof globalThis.fetch;
		const onError = (error: StreamError): number => errors.push(error);
		const stream = openStream("http://server.test/", {
			fetch,
			onError,
			maxWaiting: 10,
			stallAfterMs: 1_000,
		});
		atEnd(() => stream.close());
		const iterator = stream[Symbol.asyncIterator]();
		await vi.advanceTimersByTimeAsync(60_000);
		for (let i = 0; i < 100; i++) await iterator.next();
		expect([errors, stream.state]).toEqual([[], "open"]);
	});

	/** A stream whose server has a hundred parts, and how many of them have been read. */
	function readParts(
		part: (index: number) => string,
		options: StreamOptions,
	): { readonly stream: EventStream; readonly read: () => number } {
		let count = 0;
		const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
			if (count === 100) return;
			controller.enqueue(new TextEncoder().encode(part(count++)));
		};
		const body = new ReadableStream({ pull }, { highWaterMark: 0 });
		const fetch = (async () => new Response(body, { headers: TYPE })) as typeof globalThis.fetch;
		const stream = openStream("http://server.test/", { fetch, parse: "text", ...options });
		atEnd(() => stream.close());
		return { stream, read: () => count };
	}

	const LONG = "x".repeat(10_000);
	it.each<[string, (index: number) => string]>([
		["texts", () => `data: ${LONG}\n\n`],
		["types", () => `event: ${LONG}\ndata\n\n`],
		["ids", (index) => `id: ${index}${LONG}\ndata\n\n`],
	])(
		"what waits for an iterator has a limit of length, though its %s are long",
		async (_, part) => {
			const { stream, read } = readParts(part, { maxWaitingLength: 50_000 });
			const iterator = stream[Symbol.asyncIterator]();
			await vi.advanceTimersByTimeAsync(1_000);
			expect(read()).toBeGreaterThanOrEqual(5);
			expect(read()).toBeLessThanOrEqual(6);
			for (let i = 0; i < 100; i++) expect(await iterator.next()).toMatchObject({ done: false });
			expect(read()).toBe(100);
		},
	);

	it("a limit of length of 0 lets one event wait", async () => {
		const { stream, read } = readParts(() => "data: x\n\n", { maxWaitingLength: 0 });
		const iterator = stream[Symbol.asyncIterator]();
		await vi.advanceTimersByTimeAsync(1_000);
		expect(read()).toBe(1);
		for (let i = 0; i < 100; i++) await iterator.next();
		expect(read()).toBe(100);
	});

	// Only the first that was full was waited for, so that the other grew with each part.
	it("an iterator that reads makes no room for one that does not", async () => {
		const { stream, read } = readParts(() => "data: x\n\n".repeat(10), { maxWaiting: 10 });
		const reader = stream[Symbol.asyncIterator]();
		const idler = stream[Symbol.asyncIterator]();
		const reading = (async () => {
			while (!(await reader.next()).done);
		})();
		await vi.advanceTimersByTimeAsync(1_000);
		expect(read()).toBe(1);
		for (let i = 0; i < 10; i++) await idler.next();
		expect(read()).toBeGreaterThan(1);
		stream.close();
		await reading;
	});

	// All events of a chunk waited, however many: a chunk of a million took minutes to take out one by one.
	it("what waits for an iterator has a limit within a chunk, too", async () => {
		let parsed = 0;
		const { stream } = readParts((index) => (index === 0 ? "data\n\n".repeat(100_000) : ":"), {
			maxWaiting: 10,
			parse: () => ++parsed,
		});
		const iterator = stream[Symbol.asyncIterator]();
		await vi.advanceTimersByTimeAsync(1_000);
		expect(parsed).toBeGreaterThanOrEqual(10);
		expect(parsed).toBeLessThan(3_000);
		for (let i = 1; i <= 100_000; i++) expect((await iterator.next()).value?.data).toBe(i);
	});

	const FINAL = [201, 202, 204, 205, 206, 300, 301, 304, 400, 404, 410, 501, 505];
	const ASKED_AGAIN = [408, 421, 425, 429, 500, 502, 503, 504, 520, 599];

	it.each([...FINAL, ...ASKED_AGAIN])(
		"status %i is asked again as documented, with a Retry-After that is none",
		async (status) => {
			const headers = { "retry-after": "0x10, -5; soon" };
			const requests = ask(() => new Response(null, { status, headers }), { retry: { jitter: 0 } });
			await vi.advanceTimersByTimeAsync(3_500);
			// After 1 and 2 s.
			expect(requests).toHaveLength(FINAL.includes(status) ? 1 : 3);
		},
	);

	it.each(["text/event-stream;charset=utf-8", "TEXT/Event-Stream ; charset=latin1; x=y"])(
		"a content type of %j is an event stream, in UTF-8",
		async (type) => {
			const received: unknown[] = [];
			const headers = { "content-type": type };
			const fetch = (async () =>
				new Response("data: ü\n\n", { headers })) as typeof globalThis.fetch;
			const stream = openStream("http://server.test/", { fetch });
			atEnd(() => stream.close());
			stream.on("message", ({ data }) => received.push(data));
			await vi.advanceTimersByTimeAsync(10);
			expect(received).toEqual(["ü"]);
		},
	);

	it("a server that never finishes its headers is given up after 30 s, each time", async () => {
		const errors: string[] = [];
		const requests = ask(() => new Promise(() => {}), {
			retry: { jitter: 0 },
			onError: ({ code }) => errors.push(code),
		});
		await vi.advanceTimersByTimeAsync(29_900);
		expect([requests.length, errors]).toEqual([1, []]);
		// Twice 30 s, with pauses of 1 and 2 s.
		await vi.advanceTimersByTimeAsync(33_200);
		expect([requests.length, errors]).toEqual([3, ["ERR_SSE_STALLED", "ERR_SSE_STALLED"]]);
	});

	const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

	it("the time that headers take is not counted for the server", async () => {
		const errors: string[] = [];
		const answer = (): Promise<Response> => after(900).then(() => idle(60_000));
		const requests = ask(answer, {
			headers: () => after(900).then(() => ({})),
			connectTimeoutMs: 1_000,
			onError: ({ code }) => errors.push(code),
		});
		await vi.advanceTimersByTimeAsync(30_000);
		expect([requests.length, errors]).toEqual([1, []]);
	});

	// They counted as attempts that brought no byte: the state became `buffered`, and a poll followed.
	it("headers that never come are no silence of the server", async () => {
		const messages = new Set<string>();
		const urls: string[] = [];
		let calls = 0;
		const stream = openStream("http://server.test/", {
			fetch: (async (url: unknown) => {
				urls.push(String(url));
				return idle(60_000);
			}) as typeof fetch,
			headers: () => (++calls < 5 ? new Promise<never>(() => {}) : {}),
			connectTimeoutMs: 1_000,
			onError: ({ message }) => messages.add(message),
		});
		atEnd(() => stream.close());
		const states = new Set<string>();
		stream.onState((state) => states.add(state));
		await vi.advanceTimersByTimeAsync(30_000);
		expect([...messages]).toEqual(["headers or body gave nothing in time"]);
		expect(urls).toEqual(["http://server.test/"]);
		expect([...states]).toEqual(["waiting", "connecting", "open"]);
	});

	it("types and fields that every object has are names like any other", async () => {
		const received: unknown[] = [];
		const errors: StreamError[] = [];
		const text = ["__proto__", "constructor", "toString"]
			.map((name) => `event: ${name}\ndata: {"__proto__":{"admin":true}}\n\n`)
			.join("");
		const fetch = (async () => new Response(text, { headers: TYPE })) as typeof globalThis.fetch;
		const stream = openStream<AnyEvents>("http://server.test/", {
			fetch,
			parse: {},
			onError: (error) => errors.push(error),
		});
		atEnd(() => stream.close());
		stream.on("__proto__", ({ type }) => received.push(type));
		stream.on("constructor", ({ type }) => received.push(type));
		await vi.advanceTimersByTimeAsync(10);
		expect([received, errors]).toEqual([["__proto__", "constructor"], []]);
		expect(Object.hasOwn(Object.prototype, "admin")).toBe(false);
	});

	it("an error names no more than the beginning of a type and a text", async () => {
		const errors: StreamError[] = [];
		const text = `event: ${LONG}\ndata: ${LONG}\n\n`;
		const fetch = (async () => new Response(text, { headers: TYPE })) as typeof globalThis.fetch;
		const onError = (error: StreamError): number => errors.push(error);
		const stream = openStream("http://server.test/", { fetch, parse: "json", onError });
		atEnd(() => stream.close());
		stream.on(LONG, () => {});
		await vi.advanceTimersByTimeAsync(10);
		expect(errors.map(({ code }) => code)).toEqual(["ERR_SSE_PARSE"]);
		expect(errors[0]?.message.length).toBeLessThan(250);
	});

	// As some polyfills, and fetches for tests.
	it("a fetch that knows no signal is left alone at a stall, and gives nothing afterwards", async () => {
		const controllers: ReadableStreamDefaultController<Uint8Array>[] = [];
		const received: unknown[] = [];
		const fetch = (async () => {
			const start = (controller: ReadableStreamDefaultController<Uint8Array>): unknown =>
				controllers.push(controller);
			return new Response(new ReadableStream({ start }), { headers: TYPE });
		}) as typeof globalThis.fetch;
		const retry = { jitter: 0 };
		const stream = openStream("http://server.test/", { fetch, retry, stallAfterMs: 1_000 });
		atEnd(() => stream.close());
		stream.on("message", ({ data }) => received.push(data));
		await vi.advanceTimersByTimeAsync(2_500);
		expect(controllers).toHaveLength(2);
		const send = (controller: ReadableStreamDefaultController<Uint8Array> | undefined): void =>
			controller?.enqueue(new TextEncoder().encode("data: x\n\n"));
		send(controllers[0]);
		await vi.advanceTimersByTimeAsync(100);
		expect(received).toEqual([]);
		send(controllers.at(-1));
		await vi.advanceTimersByTimeAsync(100);
		expect(received).toEqual(["x"]);
		stream.close();
		await vi.advanceTimersByTimeAsync(60_000);
		expect(vi.getTimerCount()).toBe(0);
	});

	// Nothing caught what these threw: the stream was `connecting` from then on.
	it.each<[string, StreamOptions, object]>([
		[
			"isFinal that throws",
			{
				isFinal: () => {
					throw new Error("own");
				},
			},
			{ code: "ERR_SSE_CALLBACK", final: true, cause: { message: "own" } },
		],
		[
			"fetch that returns nothing",
			{ fetch: (async () => undefined) as unknown as typeof fetch },
			{ code: "ERR_SSE_NETWORK", final: false },
		],
	])("%s is an error of the stream", async (_, options, expected) => {
		const errors: StreamError[] = [];
		const fetch = (async () => new Response(null, { status: 503 })) as typeof globalThis.fetch;
		const onError = (error: StreamError): number => errors.push(error);
		const stream = openStream("http://server.test/", { fetch, onError, ...options });
		atEnd(() => stream.close());
		await vi.advanceTimersByTimeAsync(400);
		expect(errors).toMatchObject([expected]);
	});

	it.each(["text/plain", "text/event-streaming", "application/json, text/event-stream", ""])(
		"a content type of %j ends the stream",
		async (type) => {
			const errors: StreamError[] = [];
			ask(() => new Response("data: x\n\n", { headers: { "content-type": type } }), {
				onError: (error) => errors.push(error),
			});
			await vi.advanceTimersByTimeAsync(60_000);
			expect(errors).toMatchObject([{ code: "ERR_SSE_CONTENT_TYPE", final: true }]);
		},
	);

	// As React Native's own fetch, also where the application wraps it.
	it("a fetch without streaming bodies is read as a whole, and asked by long polls from then on", async () => {
		const urls: string[] = [];
		const received: unknown[] = [];
		const stream = openStream("http://server.test/", {
			fetch: (async (url: unknown) => {
				const response = new Response(`id: ${urls.push(String(url))}\ndata: x\n\n`, {
					headers: TYPE,
				});
				return Object.defineProperty(response, "body", { value: undefined });
			}) as typeof fetch,
		});
		atEnd(() => stream.close());
		stream.on("message", ({ id }) => received.push(id));
		await vi.advanceTimersByTimeAsync(10_000);
		expect(received.slice(0, 3)).toEqual(["1", "2", "3"]);
		expect(received).toHaveLength(urls.length);
		expect(urls[0]).toBe("http://server.test/");
		expect(urls.slice(1).every((url) => url.endsWith("?live=poll"))).toBe(true);
	});

	// Only `open` cleared it, which a stream of polls never becomes.
	it.each([
		["an event", "id: 2\ndata: x\n\n"],
		["nothing new", "id: 1\n\n"],
	])("the error of a poll is gone when the next poll is answered, with %s", async (_, next) => {
		let polls = 0;
		const stream = openStream("http://server.test/", {
			fetch: (async () => {
				if (++polls === 2) throw new TypeError("network down");
				const text = `: poll\n${polls === 1 ? "id: 1\ndata: x\n\n" : next}`;
				return Object.defineProperty(new Response(text, { headers: TYPE }), "body", {
					value: undefined,
				});
			}) as typeof fetch,
			retry: { jitter: 0 },
		});
		atEnd(() => stream.close());
		// The first request, 1 s, the poll that fails, and 2 s.
		await vi.advanceTimersByTimeAsync(1_500);
		expect([polls, stream.error?.code]).toEqual([2, "ERR_SSE_NETWORK"]);
		await vi.advanceTimersByTimeAsync(2_000);
		expect([polls > 2, stream.state, stream.error]).toEqual([true, "buffered", undefined]);
	});

	// All bytes of it were arguments of one call, of which an engine takes some hundred thousand at most.
	it("an id of 100,000 characters is sent back like any other", async () => {
		const id = "ü".repeat(100_000);
		const errors: StreamError[] = [];
		const requests = ask(() => new Response(`id: ${id}\ndata: x\n\n`, { headers: TYPE }), {
			onError: (error) => errors.push(error),
		});
		await vi.advanceTimersByTimeAsync(1_000);
		expect(errors).toEqual([]);
		const sent = requests[1]?.get("last-event-id") ?? "";
		expect(Buffer.from(sent, "latin1").toString()).toBe(id);
	});
});

describe("with a real server", () => {
	/** Serves a body that never ends, until its client has left. @returns the bytes that the server could write */
	async function read(
		part: string,
		encoding: "gzip" | "identity",
		maxEventLength: number,
	): Promise<{ readonly error: StreamError; readonly written: number }> {
		let written = 0;
		function* forever(): Generator<string> {
			for (;;) {
				written += part.length;
				yield part;
			}
		}
		const { server } = await serve({}, (_req, res) => {
			res.writeHead(200, { ...TYPE, "content-encoding": encoding });
			const parts = Readable.from(forever());
			const steps = encoding === "gzip" ? [parts, createGzip(), res] : [parts, res];
			// The client leaves in the middle.
			pipeline(steps, () => {});
			return true;
		});
		const errors: StreamError[] = [];
		const stream = open(server.url, { maxEventLength, onError: (error) => errors.push(error) });
		stream.on("message", () => {});
		await eventually(() => errors.length > 0);
		stream.close();
		return { error: errors[0] as StreamError, written };
	}

	it.each([
		["a line without an end", "x".repeat(10_000)],
		["an event of empty lines without an end", "data\n".repeat(2_000)],
		["an event of short lines without an end", "data: x\n".repeat(2_000)],
	])("%s is refused at maxEventLength", async (_, part) => {
		const { error, written } = await read(part, "identity", 100_000);
		expect(error).toMatchObject({ code: "ERR_SSE_TOO_LONG", final: false });
		// What the sockets hold, and the limit.
		expect(written).toBeLessThan(20_000_000);
	});

	it("so is one that gzip made small", async () => {
		const { error } = await read("x".repeat(100_000), "gzip", 1_000_000);
		expect(error).toMatchObject({ code: "ERR_SSE_TOO_LONG", final: false });
	});

	it(`${7 * NOTHINGS} empty events, ids and comments are nothing`, async () => {
		const { server } = await serve({}, (_req, res) => {
			res.writeHead(200, TYPE);
			const nothing = "\n\nid\n\n:\n\nevent: x\n\ndata\nid: \0\n\n".repeat(NOTHINGS);
			res.end(`${nothing}id: 7\ndata: last\n\n`);
			return true;
		});
		const stream = open(server.url, { retry: { baseMs: 100_000, maxMs: 100_000 } });
		const seen = new Set<unknown>();
		stream.on("message", ({ data, id }) => seen.add(`${data} ${id}`));
		await eventually(() => stream.lastEventId === "7");
		expect([...seen]).toEqual([" ", "last 7"]);
	});

	it("bytes that are not UTF-8 become replacement characters, and spoil nothing else", async () => {
		const { server } = await serve({}, (_req, res) => {
			res.writeHead(200, TYPE);
			res.write(Buffer.from("data: a\xff\xc3\n\ndata: \xc3\xbc\n\n", "latin1"));
			return true;
		});
		const stream = open(server.url);
		const received: unknown[] = [];
		stream.on("message", ({ data }) => received.push(data));
		await eventually(() => received.length === 2);
		expect(received).toEqual(["a\ufffd\ufffd", "ü"]);
	});

	// Node's fetch refuses such a header, so that each attempt failed; and of a space or a tab at an end nothing arrived.
	it.each([
		["control characters", "\u0001ü", "%01%C3%BC"],
		["a space at its end", "a ", "a%20"],
		["a tab at its beginning", "\tx", "%09x"],
		["nothing but a space", " ", "%20"],
	])("an id with %s is sent back, in the query", async (_, id, encoded) => {
		const { server, requests } = await serve({}, (_req, res) => {
			res.writeHead(200, TYPE).end(`id: ${id}\ndata: x\n\n`);
			return true;
		});
		open(server.url, { retry: { baseMs: 1 } });
		await eventually(() => requests.length > 1);
		expect(requests[1]?.url).toBe(`/?lastEventId=${encoded}`);
		expect(requests[1]?.headers["last-event-id"]).toBeUndefined();
	});

	it.each([
		["a refusal", 503, "text/plain"],
		["another content type", 200, "text/html"],
	])("the endless body of %s is not read", async (_, status, type) => {
		let written = 0;
		let isClosed = false;
		function* forever(): Generator<string> {
			for (;;) {
				written += 65_536;
				yield "x".repeat(65_536);
			}
		}
		const { server } = await serve({}, (_req, res) => {
			res.writeHead(status, { "content-type": type });
			pipeline(Readable.from(forever()), res, () => {
				isClosed = true;
			});
			return true;
		});
		open(server.url, { retry: { baseMs: 100_000, maxMs: 100_000 } });
		await eventually(() => isClosed);
		// What the sockets hold.
		expect(written).toBeLessThan(20_000_000);
	});

	it("a redirect that comes back to itself is a failure that another attempt follows", async () => {
		const { server } = await serve({}, (_req, res) => {
			res.writeHead(302, { location: "/" }).end();
			return true;
		});
		const errors: StreamError[] = [];
		const stream = open(server.url, { onError: (error) => errors.push(error) });
		await eventually(() => errors.length > 0);
		expect(errors[0]).toMatchObject({ code: "ERR_SSE_NETWORK", final: false });
		expect(stream.state).toBe("waiting");
	});

	it("a redirect to another origin does not take the authorization with it", async () => {
		const other = await serve();
		const { server } = await serve({}, (_req, res) => {
			res.writeHead(307, { location: other.server.url }).end();
			return true;
		});
		open(server.url, { headers: { authorization: "Bearer secret" } });
		await eventually(() => other.requests.length > 0);
		expect(other.requests[0]?.headers.authorization).toBeUndefined();
	});
});

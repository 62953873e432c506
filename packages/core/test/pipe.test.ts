/**
 * Piping an iterable into a connection.
 */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import {
	collectComplaints,
	eventually,
	type Protocol,
	settled,
	startServer,
	type TestServer,
} from "@sse-service/testing";
import { afterEach, describe, expect, it } from "vitest";
import {
	createSSEService,
	type SSEMessage,
	type SSEService,
	type SSEServiceOptions,
} from "../src/index.js";
import { type Opened, startService } from "./serving.js";

let server: TestServer;
let sse: SSEService;

afterEach(async () => {
	await sse.close();
	await server.destroy();
});

async function open(options: SSEServiceOptions = {}, protocol?: Protocol): Promise<Opened> {
	const serving = await startService({ closeTimeoutMs: 0, ...options }, undefined, protocol);
	({ sse, server } = serving);
	return serving.open();
}

async function* words(): AsyncGenerator<string> {
	yield "one";
	await new Promise((resolve) => setImmediate(resolve));
	yield "two";
}

describe("pipe", () => {
	it.each([
		["an array", () => ["one", "two"]],
		["an async generator", () => words()],
		["a function that returns one", () => () => words()],
		["a promise of one", async () => words()],
		["a function that returns a promise of one", () => async () => words()],
		["a Node stream of objects", () => Readable.from(["one", "two"])],
		["a web stream", () => streamOf("one", "two")],
	])("sends an event for each item of %s, and returns their number", async (_name, source) => {
		const { connection, stream } = await open();
		expect(await connection.pipe(source() as Iterable<string>)).toBe(2);
		expect(await stream.take(2)).toEqual([{ data: "one" }, { data: "two" }]);
		expect(connection.closed).toBe(false);
	});

	it("awaits items that are promises, and what toEvent returns, in their order", async () => {
		const { connection, stream } = await open();
		const later = new Promise<string>((resolve) => setTimeout(resolve, 5, "first"));
		const items = [later, "second", Promise.resolve("third")];
		const toEvent = async (item: string) => ({ data: item, id: item.length });
		expect(await connection.pipe(items, { toEvent })).toBe(3);
		expect(await stream.take(3)).toEqual([
			{ data: "first", id: "5" },
			{ data: "second", id: "6" },
			{ data: "third", id: "5" },
		]);
	});

	it("awaits thenables whose then returns nothing, as await does, each once", async () => {
		const { connection, stream } = await open();
		let runs = 0;
		const later = <Value>(value: Value): PromiseLike<Value> => {
			const then = (answer: (value: Value) => void): void => {
				runs++;
				answer(value);
			};
			return { then } as PromiseLike<Value>;
		};
		const toEvent = (data: string): PromiseLike<SSEMessage> => later({ data });
		expect(await connection.pipe([later("first"), later("second")], { toEvent })).toBe(2);
		expect(await stream.take(2)).toEqual([{ data: "first" }, { data: "second" }]);
		expect(runs).toBe(4);
	});

	it("an item that rejects rejects the pipe and closes the source, whatever the others do later", async () => {
		const { connection, stream } = await open();
		let isClosed = false;
		let reject = (_error: Error): void => {};
		const items = function* (): Generator<Promise<string>> {
			try {
				yield Promise.resolve("sent");
				yield Promise.reject(new Error("failed"));
			} finally {
				isClosed = true;
			}
		};
		await expect(connection.pipe(items())).rejects.toThrow("failed");
		expect(isClosed).toBe(true);
		const never = new Promise<never>((_, rejectLater) => {
			reject = rejectLater;
		});
		await expect(connection.pipe([Promise.reject(new Error("first")), never])).rejects.toThrow(
			"first",
		);
		reject(new Error("nobody waits for this one"));
		expect(await stream.take(1)).toEqual([{ data: "sent" }]);
		expect(connection.closed).toBe(false);
	});

	it("settles at once when the client leaves while an item is awaited, and closes the source", async () => {
		const { connection, stream } = await open();
		let isClosed = false;
		const piping = connection.pipe(function* () {
			try {
				yield "first";
				yield new Promise<string>(() => {});
			} finally {
				isClosed = true;
			}
		});
		await stream.take(1);
		stream.abort();
		expect(await settled(piping, "pipe to settle")).toBe(1);
		expect(isClosed).toBe(true);
	});

	it("items become events as toEvent says, over the options for all", async () => {
		const { connection, stream } = await open();
		await connection.pipe([1, 2], {
			event: "n",
			toEvent: (n) => ({ data: { n }, id: n, ...(n === 2 && { event: "last" }) }),
		});
		expect(await stream.take(2)).toEqual([
			{ data: '{"n":1}', event: "n", id: "1" },
			{ data: '{"n":2}', event: "last", id: "2" },
		]);
	});

	// `undefined` was also what the end of the source looked like: the pipe resolved, and left the rest unread.
	it.each<[string, (item: number) => unknown]>([
		["undefined", () => undefined],
		["null", () => null],
		["a promise of undefined", async () => undefined],
	])("is rejected when toEvent returns %s, and the source is closed", async (_name, skip) => {
		const { connection, stream } = await open();
		let isClosed = false;
		const items = function* (): Generator<number> {
			try {
				yield* [1, 2, 3];
			} finally {
				isClosed = true;
			}
		};
		const toEvent = (item: number) => (item === 2 ? skip(item) : { data: item }) as SSEMessage;
		await expect(connection.pipe(items(), { toEvent })).rejects.toMatchObject({
			code: "ERR_SSE_INVALID_OPTION",
		});
		expect(isClosed).toBe(true);
		expect(await connection.pipe([undefined, 4], { toEvent: () => ({ data: 4 }) })).toBe(2);
		expect((await stream.take(3)).map(({ data }) => data)).toEqual(["1", "4", "4"]);
	});

	it("reads the source no faster than the client reads the stream", async () => {
		const { connection, stream } = await open();
		stream.pause();
		let pulled = 0;
		const item = "x".repeat(100_000);
		const piping = connection.pipe(
			(function* () {
				for (; pulled < 300; pulled++) yield item;
			})(),
		);
		// Until the operating system takes no more, which is seen by the figure staying.
		let before = -1;
		await eventually(() => {
			const stays = pulled === before;
			before = pulled;
			return pulled > 0 && stays && connection.bufferedBytes > 0;
		});
		expect(pulled).toBeLessThan(300);
		expect(connection.bufferedBytes).toBeLessThan(2 * item.length);
		stream.resume();
		expect(await piping).toBe(300);
		await stream.take(300);
	});

	// A pipe waited only once the socket was full. If what it had gathered reached the limit before that, its own items
	// were too much: the reader was closed as slow, or events were dropped.
	it.each<[string, SSEServiceOptions, readonly number[], Protocol?]>([
		["a bound below what is written at once", { maxBufferedBytes: 50_000 }, [1_000]],
		["a bound below what a socket holds", { maxBufferedBytes: 2_000 }, [1_000]],
		["the same over TLS", { maxBufferedBytes: 2_000 }, [1_000], "https"],
		["the same over HTTP/2", { maxBufferedBytes: 2_000 }, [1_000], "http2"],
		["items larger than the bound", { maxBufferedBytes: 2_000 }, [3_000, 100]],
		["a policy that drops", { maxBufferedBytes: 50_000, slowPolicy: "drop-newest" }, [1_000]],
	])("waits for a reader that pauses, with %s", async (_name, options, sizes, protocol) => {
		const { connection, stream } = await open(options, protocol);
		stream.pause();
		const items: string[] = [];
		for (let bytes = 0; bytes < 12_000_000; bytes += items.at(-1)?.length ?? 0) {
			items.push("x".repeat(sizes[items.length % sizes.length] ?? 0));
		}
		let pulled = 0;
		const piping = connection.pipe(
			(function* () {
				for (const item of items) {
					pulled++;
					yield item;
				}
			})(),
		);
		let before = -1;
		await eventually(() => {
			const stays = pulled === before;
			before = pulled;
			return pulled > 0 && stays && connection.bufferedBytes > 0;
		});
		expect(connection.closed).toBe(false);
		expect(pulled).toBeLessThan(items.length);
		stream.resume();
		expect(await piping).toBe(items.length);
		await stream.take(items.length);
	});

	it("settles at once when the client leaves, though the source waits forever, and closes the source", async () => {
		const { connection, stream } = await open();
		let cleanedUp = false;
		let signal: AbortSignal | undefined;
		const piping = connection.pipe(async function* (given) {
			signal = given;
			try {
				yield "first";
				// Like an idle model or queue: yields nothing until released.
				await new Promise((resolve) => given.addEventListener("abort", resolve, { once: true }));
			} finally {
				cleanedUp = true;
			}
		});
		await stream.take(1);
		stream.abort();
		expect(await settled(piping, "pipe to settle")).toBe(1);
		await eventually(() => cleanedUp);
		expect(signal?.aborted).toBe(true);
	});

	it("settles at once when the client leaves, though the source ignores the signal", async () => {
		const { connection, stream } = await open();
		let returned = false;
		const never: AsyncIterable<string> = {
			[Symbol.asyncIterator]: () => ({
				next: () => new Promise(() => {}),
				return: async () => {
					returned = true;
					return { done: true, value: undefined };
				},
			}),
		};
		const piping = connection.pipe(never);
		stream.abort();
		expect(await settled(piping, "pipe to settle")).toBe(0);
		expect(returned).toBe(true);
	});

	// The iterators of streams wait for the item that is being read, so a model that thinks would be paid for until it speaks.
	it.each<[string, (close: () => void) => AsyncIterable<string>]>([
		["a web stream", idleWebStream],
		[
			"a web stream behind others",
			(close) => idleWebStream(close).pipeThrough(new TransformStream<string, string>()),
		],
		[
			"a Node stream",
			(close) => {
				const stream = new Readable({ objectMode: true, read: () => {} });
				stream.push("first");
				return stream.once("close", close);
			},
		],
	])("closes %s at once when the client leaves, though no item comes", async (_name, source) => {
		const errors: unknown[] = [];
		const { connection, stream } = await open({ onError: (error) => errors.push(error) });
		const closed = new Promise<void>((resolve) => {
			void connection.pipe(source(resolve));
		});
		await stream.take(1);
		stream.abort();
		await settled(closed, "source to be closed");
		expect(errors).toEqual([]);
	});

	it("settles when the client leaves before a promise of a source, which is closed when it comes", async () => {
		const { connection, stream } = await open();
		let close = (): void => {};
		const closed = new Promise<void>((resolve) => {
			close = resolve;
		});
		let come = (_source: AsyncIterable<string>): void => {};
		const piping = connection.pipe(
			new Promise<AsyncIterable<string>>((resolve) => {
				come = resolve;
			}),
		);
		stream.abort();
		expect(await settled(piping, "pipe to settle")).toBe(0);
		come(idleWebStream(close));
		await settled(closed, "source to be closed");
	});

	it("does not start a generator that a promise brings after the client has left", async () => {
		const { connection, stream } = await open();
		let isStarted = false;
		let come = (_source: AsyncIterable<string>): void => {};
		const source = new Promise<AsyncIterable<string>>((resolve) => {
			come = resolve;
		});
		const piping = connection.pipe(source);
		stream.abort();
		expect(await settled(piping, "pipe to settle")).toBe(0);
		come(
			(async function* () {
				isStarted = true;
				yield "for nobody";
			})(),
		);
		await source;
		await new Promise((resolve) => setImmediate(resolve));
		expect(isStarted).toBe(false);
	});

	// Nothing listens before the first read, so the error ended the process. The body of a request of undici 6 is such a stream.
	it("closes a Node stream that it has not read, and that emits an error when it is destroyed", async () => {
		const complaints = collectComplaints();
		const { connection, stream } = await open();
		stream.abort();
		await eventually(() => connection.closed);
		const source = new Readable({
			objectMode: true,
			read: () => {},
			destroy: (_error, callback) => callback(new Error("was never read")),
		});
		const closed = new Promise((resolve) => source.once("close", resolve));
		expect(await connection.pipe(source)).toBe(0);
		await settled(closed, "source to be closed");
		await new Promise((resolve) => setImmediate(resolve));
		expect(complaints.stop()).toEqual([]);
	});

	// Destroying a request destroys its socket, and with it the stream of its own response.
	it("stays open when it was piped its own request, and an item of it cannot be sent", async () => {
		const service = createSSEService({ heartbeatIntervalMs: 0 });
		const refused: unknown[] = [];
		sse = service;
		server = await startServer(async (req, res) => {
			const { connection } = service.connect({ req, res });
			const toEvent = (item: unknown): SSEMessage => {
				throw new Error(`not ${item}`);
			};
			await connection.pipe(req, { toEvent }).catch((error) => refused.push(String(error)));
			connection.send("still here");
			connection.close();
		});
		const upload = request(server.url, { method: "POST" });
		upload.write("this");
		const [answer] = (await once(upload, "response")) as [IncomingMessage];
		expect(await text(answer)).toContain("data: still here\n");
		expect(refused).toEqual(["Error: not this"]);
		upload.destroy();
	});

	it.each<
		[
			string,
			{ readonly start?: (controller: ReadableStreamDefaultController<string>) => void },
			unknown[],
		]
	>([
		["nothing of a web stream that the signal ends", {}, []],
		[
			"what a web stream throws while it is being closed",
			{ start: (controller) => controller.enqueue("first") },
			["in cancel"],
		],
	])("reports %s", async (_name, { start }, expected) => {
		const errors: unknown[] = [];
		const { connection, stream } = await open({
			onError: (error) => errors.push((error as Error).message),
		});
		const piping = connection.pipe(
			(signal) =>
				new ReadableStream<string>({
					start: (controller) => {
						connection.send("opened");
						if (start !== undefined) return start(controller);
						// As the body of a `fetch` does.
						signal.addEventListener("abort", () => controller.error(signal.reason));
					},
					cancel: () => {
						throw new Error("in cancel");
					},
				}),
		);
		await stream.take(start === undefined ? 1 : 2);
		stream.abort();
		await settled(piping, "pipe to settle");
		await new Promise((resolve) => setImmediate(resolve));
		expect(errors).toEqual(expected);
	});

	it("iterates what is iterable and could be awaited as well, as a query of a database can", async () => {
		const { connection, stream } = await open();
		const query = Object.assign(Readable.from(["row"]), {
			// biome-ignore lint/suspicious/noThenProperty: what libraries of databases do.
			then: () => {
				throw new Error("run as a whole");
			},
		});
		expect(await connection.pipe(query)).toBe(1);
		expect(await stream.take(1)).toEqual([{ data: "row" }]);
	});

	it("settles when the client leaves while the stream is blocked", async () => {
		const { connection, stream } = await open();
		stream.pause();
		const item = "x".repeat(100_000);
		const piping = connection.pipe(
			(function* () {
				for (;;) yield item;
			})(),
		);
		await eventually(() => connection.bufferedBytes > 0 && connection.closed === false);
		stream.abort();
		await settled(piping, "pipe to settle");
		expect(connection.closed).toBe(true);
	});

	it("rejects with what the source throws, and leaves the connection open", async () => {
		const { connection, stream } = await open();
		const piping = connection.pipe(
			(async function* () {
				yield "before";
				throw new Error("source");
			})(),
		);
		await expect(piping).rejects.toThrow("source");
		expect(connection.send("after")).toBe(1);
		expect(await stream.take(2)).toEqual([{ data: "before" }, { data: "after" }]);
	});

	it("rejects for an item that cannot be sent, and closes the source", async () => {
		const { connection } = await open();
		let cleanedUp = false;
		const piping = connection.pipe(
			(function* () {
				try {
					yield 1n;
				} finally {
					cleanedUp = true;
				}
			})(),
		);
		await expect(piping).rejects.toMatchObject({ code: "ERR_SSE_INVALID_DATA" });
		expect(cleanedUp).toBe(true);
	});

	it("what the source throws while it is being closed goes to onError", async () => {
		const errors: unknown[] = [];
		const { connection, stream } = await open({
			onError: (error, { stage }) => errors.push([stage, (error as Error).message]),
		});
		const piping = connection.pipe(async function* (signal) {
			try {
				yield "first";
				await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
				yield "never";
			} finally {
				// biome-ignore lint/correctness/noUnsafeFinally: the mistake under test.
				throw new Error("in finally");
			}
		});
		await stream.take(1);
		stream.abort();
		await piping;
		await eventually(() => errors.length > 0);
		expect(errors).toEqual([["pipe", "in finally"]]);
	});

	it.each([["text"], [7], [null], [{}]])("refuses %j as a source", async (source) => {
		const { connection } = await open();
		await expect(connection.pipe(source as never)).rejects.toMatchObject({
			code: "ERR_SSE_INVALID_SOURCE",
		});
	});

	it("many at once cause no warning", async () => {
		const warnings: unknown[] = [];
		const onWarning = (warning: unknown): number => warnings.push(warning);
		process.on("warning", onWarning);
		const { connection } = await open();
		await Promise.all(Array.from({ length: 30 }, () => connection.pipe(words())));
		await new Promise((resolve) => setImmediate(resolve));
		process.off("warning", onWarning);
		expect(warnings).toEqual([]);
	});

	it("sends nothing on a closed connection, and does not start the source", async () => {
		const { connection } = await open();
		connection.close();
		let started = false;
		const piping = connection.pipe(
			(function* () {
				started = true;
				yield 1;
			})(),
		);
		expect(await piping).toBe(0);
		expect(started).toBe(false);
	});

	it("a source that never waits lets other work run, even if the client reads as fast as it sends", async () => {
		const { connection } = await open();
		let items = 0;
		let stop = false;
		const piping = connection.pipe(
			(function* () {
				while (!stop) yield items++;
			})(),
		);
		await new Promise((resolve) => setImmediate(resolve));
		const inFirstTurn = items;
		stop = true;
		await settled(piping, "pipe to settle");
		expect(inFirstTurn).toBeLessThan(1000);
	});
});

/** A stream that has one item for now. */
function idleWebStream(cancel: () => void): ReadableStream<string> {
	return new ReadableStream({ start: (controller) => controller.enqueue("first"), cancel });
}

function streamOf(...items: string[]): ReadableStream<string> {
	return new ReadableStream({
		start(controller) {
			for (const item of items) controller.enqueue(item);
			controller.close();
		},
	});
}

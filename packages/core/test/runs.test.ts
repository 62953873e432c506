/**
 * Runs over real sockets: answers that outlive their connection.
 */
import { getEventListeners, once } from "node:events";
import {
	eventually,
	openStream,
	settled,
	startServer,
	type TestServer,
	type TestStream,
} from "@sse-service/testing";
import { EventSource } from "eventsource";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { createSSEService, isSSEError } from "../src/index.js";
import {
	createMemoryRunStore,
	createRuns,
	type FoldRules,
	type FollowOptions,
	type Run,
	type RunCodec,
	type RunEvent,
	type RunStore,
	type Runs,
	type RunsOptions,
	readRun,
} from "../src/runs.js";

const closing: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

interface Serving {
	readonly runs: Runs;
	readonly server: TestServer;
	readonly errors: unknown[];
	/** Follow a run. */
	read(id: string, lastEventId?: string): Promise<TestStream>;
}

async function serve(options: RunsOptions = {}, follow: FollowOptions = {}): Promise<Serving> {
	const errors: unknown[] = [];
	const runs = createRuns({ batchMs: 0, onError: (error) => errors.push(error), ...options });
	const server = await startServer(async (req, res) => {
		const id = decodeURIComponent((req.url ?? "").slice(1).split("?")[0] ?? "");
		try {
			await runs.follow(id, { req, res }, follow);
		} catch (error) {
			if (!isSSEError(error)) throw error;
			res.writeHead(error.statusCode ?? 500).end(error.code);
		}
	});
	closing.push(async () => {
		await runs.close();
		await server.destroy();
	});
	const read = (id: string, lastEventId?: string): Promise<TestStream> =>
		openStream(
			`${server.url}/${encodeURIComponent(id)}`,
			lastEventId === undefined ? {} : { headers: { "Last-Event-ID": lastEventId } },
		);
	return { runs, server, errors, read };
}

/** A producer that the test drives. */
function driven(): {
	readonly produce: (run: Run) => Promise<void>;
	run(): Promise<Run>;
	end(): void;
	fail(error: unknown): void;
} {
	let give: (run: Run) => void = () => {};
	let end: () => void = () => {};
	let fail: (error: unknown) => void = () => {};
	const given = new Promise<Run>((resolve) => {
		give = resolve;
	});
	const ended = new Promise<void>((resolve, reject) => {
		end = resolve;
		fail = reject;
	});
	return {
		produce: (run) => {
			give(run);
			return ended;
		},
		run: () => given,
		end: () => end(),
		fail: (error) => fail(error),
	};
}

/** A store of several processes: none of them closes it. */
function shared(store: RunStore): RunStore {
	return new Proxy(store, {
		get: (target, key) =>
			key === "close" ? async () => {} : Reflect.get(target, key).bind(target),
	});
}

/** A store of several processes, in which a lease ends with its hand-over: one that is short may end before, on a busy machine. */
function endingLeases(store: RunStore): RunStore {
	const write: RunStore["write"] = (writes) =>
		store.write(
			writes.map((each) =>
				each.release === true ? { ...each, rules: { ...each.rules, leaseMs: 1 } } : each,
			),
		);
	return new Proxy(shared(store), {
		get: (target, key) => (key === "write" ? write : Reflect.get(target, key)),
	});
}

const dataOf = (stream: TestStream): string[] => stream.events.map(({ data }) => data);

describe("a run", () => {
	it("continues when its reader leaves, and is read from there later", async () => {
		const { runs, read } = await serve();
		const source = driven();
		await runs.start("a", source.produce);
		const run = await source.run();
		const first = await read("a");
		await run.send("one");
		await first.take(1);
		const id = first.events[0]?.id;
		first.abort();
		await run.send("two");
		await run.send({ three: 3 }, { event: "step" });
		source.end();
		const back = await read("a", id);
		expect(await back.ended).toBe(true);
		expect(back.events.map(({ event, data }) => [event, data])).toEqual([
			[undefined, "two"],
			["step", '{"three":3}'],
			["done", "{}"],
		]);
	});

	it("is sent whole to a late reader, also after its end", async () => {
		const { runs, read } = await serve();
		const { isOwn } = await runs.start("a", async function* () {
			yield "one";
			yield Promise.resolve("two");
		});
		expect(isOwn).toBe(true);
		await eventually(() => true);
		const late = await read("a");
		expect(await late.ended).toBe(true);
		expect(dataOf(late)).toEqual(["one", "two", "{}"]);
		expect(await runs.status("a")).toMatchObject({ state: "done", sequence: 3, length: 8 });
	});

	it("has one producer, however often it is started", async () => {
		const { runs } = await serve();
		const source = driven();
		const started = await Promise.all([1, 2, 3].map(() => runs.start("a", source.produce)));
		expect(started.map(({ isOwn }) => isOwn)).toEqual([true, false, false]);
		expect(new Set(started.map(({ status }) => status.attempt)).size).toBe(1);
		source.end();
	});

	it("ends for an EventSource, which reconnects once and is asked not to come again", async () => {
		// Otherwise the client pauses for three seconds before it reconnects.
		const codec: RunCodec = { event: (event) => [{ ...event, retry: 1 }] };
		const { runs, server } = await serve({ codec });
		await runs.start("a", (run) => void run.send("one"));
		const received: string[] = [];
		const source = new EventSource(`${server.url}/a`);
		closing.push(() => source.close());
		source.onmessage = ({ data }) => received.push(data);
		source.addEventListener("done", () => received.push("done"));
		await eventually(() => source.readyState === EventSource.CLOSED, "the EventSource to give up");
		expect(received).toEqual(["one", "done"]);
	});

	it("is cancelled: its signal aborts, its readers receive the end, and it can send nothing more", async () => {
		const { runs, read } = await serve();
		const source = driven();
		await runs.start("a", source.produce);
		const run = await source.run();
		await run.send("one");
		const reader = await read("a");
		await reader.take(1);
		expect(await runs.cancel("a", "stop button")).toBe(true);
		expect(await runs.cancel("a")).toBe(false);
		await reader.ended;
		expect(reader.events.at(-1)).toMatchObject({
			event: "cancelled",
			data: '{"reason":"stop button"}',
		});
		await eventually(() => run.signal.aborted, "the signal");
		await expect(run.send("late")).rejects.toMatchObject({ code: "ERR_SSE_RUN_OVER" });
		expect(await runs.status("a")).toMatchObject({ state: "cancelled", reason: "stop button" });
	});

	it("releases a source that waits forever when it is cancelled", async () => {
		const { runs } = await serve();
		let returned = false;
		await runs.start("a", () => ({
			[Symbol.asyncIterator]: () => ({
				next: () => new Promise<never>(() => {}),
				return: async () => {
					returned = true;
					return { done: true as const, value: undefined };
				},
			}),
		}));
		await runs.cancel("a");
		await eventually(() => returned, "the source to be let go");
	});

	it("fails when its producer throws: readers learn that, and only the application learns why", async () => {
		const { runs, read, errors } = await serve();
		const source = driven();
		await runs.start("a", source.produce);
		const mistake = new Error("the key of the model is wrong");
		source.fail(mistake);
		const reader = await read("a");
		await reader.ended;
		expect(reader.text).not.toContain("model");
		expect(reader.events).toMatchObject([{ event: "failed", data: '{"reason":"error"}' }]);
		expect(errors).toEqual([mistake]);
	});

	it("fails when its producer's process dies, and can be started again: readers of the old attempt receive a gap", async () => {
		const store = createMemoryRunStore();
		const { runs, read } = await serve({ store });
		const rules = { leaseMs: 60_000, ttlMs: 60_000, maxRuns: 10 };
		const { status } = await store.claim("a", rules);
		await store.write([
			{
				...{ id: "a", attempt: status.attempt, term: 1, after: 0, entries: [{ data: "one" }] },
				rules: { ...rules, leaseMs: 300 },
			},
		]);
		const reader = await read("a");
		expect(await reader.ended).toBe(true);
		expect(dataOf(reader)).toEqual(["one", '{"reason":"lost"}']);
		expect(reader.events[1]?.event).toBe("failed");

		await runs.start("a", (run) => void run.send("anew"));
		const back = await read("a", reader.events[0]?.id);
		await back.ended;
		expect(back.events.map(({ event, data }) => [event, data])).toEqual([
			["gap", '{"reason":"attempt"}'],
			[undefined, "anew"],
			["done", "{}"],
		]);
	});

	// As after a failover, when a store connects again and again: each time its readers look, and find nothing.
	it("fails when its producer's process dies, also if the store rings all the time without an entry", async () => {
		const memory = createMemoryRunStore();
		const watch: RunStore["watch"] = (run, onChange) => {
			const stop = memory.watch(run, onChange);
			const ringing = setInterval(onChange, 20);
			return () => {
				clearInterval(ringing);
				stop();
			};
		};
		const store = Object.assign(Object.create(memory) as RunStore, methodsOf(memory), { watch });
		const { read } = await serve({ store });
		await store.claim("a", { leaseMs: 300, ttlMs: 60_000, maxRuns: 10 });
		const reader = await read("a");
		expect(await reader.ended).toBe(true);
		expect(reader.events.map(({ event }) => event)).toEqual(["failed"]);
	});

	it("refuses a position that is not its own, and then sends everything", async () => {
		const { runs, read } = await serve();
		const { status } = await runs.start("a", (run) => void run.send("one"));
		await runs.start("b", (run) => void run.send("other"));
		const foreign = (await runs.status("b"))?.attempt;
		for (const [id, reason] of [
			[`${foreign}.1`, "attempt"],
			[`${status.attempt}.99`, "invalid"],
			["no cursor", "invalid"],
			["x".repeat(5_000), "invalid"],
		]) {
			const reader = await read("a", id);
			await reader.ended;
			expect(dataOf(reader)).toEqual([`{"reason":"${reason}"}`, "one", "{}"]);
		}
	});

	it("tells the end from an event with the same number, which a store that lost the end has there", async () => {
		const store = createMemoryRunStore();
		const { runs, read } = await serve({ store });
		const { status } = await runs.start("a", async (run) => {
			for (const text of ["one", "two", "three"]) await run.send(text);
			await once(run.signal, "abort");
		});
		const { attempt } = status;
		const gapAnd = (...rest: string[]): string[] => ['{"reason":"invalid"}', ...rest];
		const first = await read("a");
		await first.until(() => first.events.length === 3);

		const late = await read("a", `${attempt}.2.end`);
		await late.until(() => late.events.length === 4);
		expect(dataOf(late)).toEqual(gapAnd("one", "two", "three"));
		await runs.cancel("a");
		await first.ended;
		expect(first.events.map(({ id }) => id)).toEqual(
			["1", "2", "3", "4.end"].map((place) => `${attempt}.${place}`),
		);
		for (const place of ["4.end", "5.end"]) {
			expect((await read("a", `${attempt}.${place}`)).status).toBe(204);
		}
		for (const place of ["4", "5", "3.end"]) {
			const reader = await read("a", `${attempt}.${place}`);
			await reader.ended;
			expect(dataOf(reader)).toEqual(gapAnd("one", "two", "three", "{}"));
		}
	});

	it("that does not exist is 204, or an error on request; one that is no longer kept is a gap, never an end", async () => {
		const { server, read } = await serve();
		expect((await fetch(`${server.url}/none`)).status).toBe(204);
		const gone = await read("none", "abc.7");
		await gone.ended;
		expect(gone.events).toMatchObject([{ event: "gap", data: '{"reason":"expired"}', id: "" }]);
		const strict = await serve({}, { unknown: "error" });
		const answer = await fetch(`${strict.server.url}/none`);
		expect([answer.status, await answer.text()]).toEqual([404, "ERR_SSE_RUN_UNKNOWN"]);
	});

	it("starts with new events only, on request", async () => {
		const { runs, read } = await serve({}, { from: "now" });
		const source = driven();
		await runs.start("a", source.produce);
		const run = await source.run();
		await run.send("before");
		await eventually(() => true);
		const reader = await read("a");
		await run.send("after");
		source.end();
		await reader.ended;
		expect(dataOf(reader)).toEqual(["after", "{}"]);
	});

	it("is followed on a connection that is open already", async () => {
		const runs = createRuns();
		const sse = createSSEService();
		const server = await startServer(async (req, res) => {
			const { connection } = sse.connect({ req, res });
			await runs.follow("a", { connection });
		});
		closing.push(async () => {
			await runs.close();
			await sse.close();
			await server.destroy();
		});
		await runs.start("a", (run) => void run.send("one"));
		const reader = await openStream(server.url);
		await reader.ended;
		expect(dataOf(reader)).toEqual(["one", "{}"]);
	});

	it("takes its events from a promise of an iterable, as clients of models return it", async () => {
		const { runs, read } = await serve();
		const model = async function* (): AsyncGenerator<string> {
			yield "one";
		};
		await runs.start("a", async () => model());
		const reader = await read("a");
		await reader.ended;
		expect(dataOf(reader)).toEqual(["one", "{}"]);
	});

	it("grows to its limit, and then fails", async () => {
		const { runs, read } = await serve({ maxEvents: 3 });
		await runs.start("a", async (run) => {
			while (!run.signal.aborted) await run.send("x");
		});
		const reader = await read("a");
		await reader.ended;
		expect(dataOf(reader)).toEqual(["x", "x", "x", '{"reason":"limit"}']);
	});

	it("refuses wrong arguments before anything is claimed", async () => {
		const { runs } = await serve();
		for (const limit of [0, -1, 1.5, Number.NaN, Infinity, "9" as never]) {
			await expect(runs.list(limit)).rejects.toMatchObject({ code: "ERR_SSE_INVALID_OPTION" });
		}
		for (const reason of ["", "x".repeat(1_001), 7 as never, null as never]) {
			await expect(runs.cancel("a", reason)).rejects.toMatchObject({
				code: "ERR_SSE_INVALID_REASON",
			});
		}
		for (const id of ["", "x".repeat(257), "\ud800", 7 as never]) {
			await expect(runs.start(id, () => {})).rejects.toMatchObject({
				code: "ERR_SSE_INVALID_RUN_ID",
			});
		}
		for (const options of [
			{ from: "end" },
			{ unknown: 404 },
			{ lastEventId: ["a.1", "a.2"] },
			{ codec: { event: "text" } },
			{ since: "start" },
			null,
		]) {
			const request = new Request("http://localhost/");
			await expect(runs.follow("a", request, options as never)).rejects.toMatchObject({
				code: "ERR_SSE_INVALID_OPTION",
			});
		}
		await expect(runs.start("a", "text" as never)).rejects.toMatchObject({
			code: "ERR_SSE_INVALID_SOURCE",
		});
		expect(await runs.list()).toEqual([]);
		expect(() => createRuns({ leaseMs: 0 })).toThrow(
			expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
		);
		expect(() => createRuns({ lease: 5 } as never)).toThrow(
			expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
		);
	});

	it("is encoded by the codec of createRuns for a reader that names none", async () => {
		const { runs } = await serve({ codec: { event: ({ data }) => [{ data: `<${data}>` }] } });
		await runs.start("a", () => ["one"]);
		const request = new Request("http://localhost/");
		const response = await runs.follow("a", request, { codec: undefined });
		expect(await response.text()).toContain("data: <one>\n");
	});

	it("refuses what is no reader, and says what one is", async () => {
		const { runs } = await serve();
		await runs.start("a", () => []);
		const server = await startServer(async (req, res) => {
			// A request of Node by itself has a `connection`: its socket.
			const error = await runs.follow("a", req as never).catch((thrown: unknown) => thrown);
			res.end(JSON.stringify(error));
		});
		closing.push(() => server.destroy());
		expect(await (await fetch(server.url)).json()).toMatchObject({
			code: "ERR_SSE_INVALID_REQUEST",
		});
		for (const reader of [undefined, null, 5, "x", {}, { connection: 5 }, { request: 5 }]) {
			await expect(runs.follow("a", reader as never)).rejects.toMatchObject({
				code: "ERR_SSE_INVALID_REQUEST",
			});
		}
	});

	it("refuses a fold, a codec, a store and a service that lack what is called of them", () => {
		const options: object[] = [
			{ fold: {} },
			{ fold: { initial: () => 0, fold: () => 0 } },
			{ codec: { event: 5 } },
			{ store: {} },
			{ service: {} },
		];
		for (const each of options) {
			expect(() => createRuns(each)).toThrowError(
				expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
			);
		}
	});

	it("is not lost when the clock of its machine jumps", async () => {
		const { runs, read } = await serve({ leaseMs: 1_000 });
		const source = driven();
		await runs.start("a", source.produce);
		const now = Date.now;
		closing.push(() => {
			Date.now = now;
		});
		Date.now = () => now() + 86_400_000;
		expect(await runs.status("a")).toMatchObject({ state: "running" });
		Date.now = now;
		source.end();
		await (await read("a")).ended;
	});

	// Cause: a timer takes at most 2,147,483,647 ms, and fires at once for more: each reader looked a thousand times per second.
	it("with the longest lease is read by a timer that can wait so long", async () => {
		const warnings: string[] = [];
		const onWarning = ({ name }: Error): void => void warnings.push(name);
		process.on("warning", onWarning);
		closing.push(() => process.off("warning", onWarning));
		const { runs, read } = await serve({ leaseMs: 2_147_483_647 });
		const source = driven();
		await runs.start("a", source.produce);
		await (await source.run()).send("x");
		const stream = await read("a");
		await stream.take(1);
		await new Promise((resolve) => setImmediate(resolve));
		expect(warnings).not.toContain("TimeoutOverflowWarning");
		source.end();
		await stream.ended;
	});

	// Cause: the status was asked for before, and the stream opened after all others had ended.
	it("that is about to be followed when runs close is not followed on", async () => {
		const store = createMemoryRunStore();
		let answer = (): void => {};
		const answered = new Promise<void>((resolve) => {
			answer = resolve;
		});
		let isAsked = false;
		const service = createSSEService({ heartbeatIntervalMs: 0 });
		closing.push(() => service.close());
		const { runs, read } = await serve({
			service,
			store: new Proxy(shared(store), {
				get: (target, key) => {
					if (key !== "settle") return Reflect.get(target, key);
					return async (id: string) => {
						isAsked = true;
						const status = await store.settle(id);
						await answered;
						return status;
					};
				},
			}),
		});
		const other = createRuns({ store: shared(store) });
		closing.push(() => other.close());
		await other.start("a", () => new Promise(() => {}));
		const stream = read("a");
		await eventually(() => isAsked);
		await runs.close();
		answer();
		await (await stream).ended;
		expect(service.stats().closes).toEqual({ shutdown: 1 });
	});

	it("of thousands of readers lets other work run between them, and still reaches each", async () => {
		const store = createMemoryRunStore();
		const { status } = await store.claim("a", { leaseMs: 60_000, ttlMs: 60_000, maxRuns: 1 });
		const { signal } = new AbortController();
		const readers = Array.from({ length: 1_000 }, () =>
			readRun(store, status, 1, signal, () => expect.unreachable()),
		);
		let reached = 0;
		const pages = readers.map((reader) => reader.next());
		for (const page of pages) void page.then(() => reached++);
		// All wait for the first event.
		await new Promise((resolve) => setImmediate(resolve));
		const write = { id: "a", attempt: status.attempt, term: 1, after: 0, entries: [{ data: "x" }] };
		await store.write([{ ...write, rules: { leaseMs: 60_000, ttlMs: 60_000, maxRuns: 1 } }]);
		await new Promise((resolve) => setImmediate(resolve));
		expect(reached).toBeGreaterThan(0);
		expect(reached).toBeLessThan(1_000);
		await Promise.all(pages);
		await Promise.all(readers.map((reader) => reader.return(true)));
	});

	// Node 20 warns about the eleventh listener of a signal.
	it("adds one listener to a signal, however many readers it ends, and takes it away after the last", async () => {
		const store = createMemoryRunStore();
		const { status } = await store.claim("a", { leaseMs: 60_000, ttlMs: 60_000, maxRuns: 1 });
		const controller = new AbortController();
		const { signal } = controller;
		const readers = Array.from({ length: 20 }, () =>
			readRun(store, status, 1, signal, () => expect.unreachable()),
		);
		const steps = readers.map((reader) => reader.next());
		expect(getEventListeners(signal, "abort")).toHaveLength(1);
		controller.abort();
		for (const step of steps) expect(await step).toEqual({ done: true, value: true });
		expect(getEventListeners(signal, "abort")).toEqual([]);
	});

	// An async function for `onError` that fails would end the process.
	it.each<[string, RunsOptions["onError"]]>([
		["throws", () => expect.unreachable()],
		["rejects", () => Promise.reject(new Error("the log of errors is full"))],
	])("survives an onError that %s", async (_, onError) => {
		const { runs, read } = await serve({ onError });
		await runs.start("a", () => Promise.reject(Symbol("odd")));
		const reader = await read("a");
		await reader.ended;
		expect(dataOf(reader)).toEqual(['{"reason":"error"}']);
	});

	it("sends no faster than the store accepts, and each event once, even if the store fails at times", async () => {
		const store = createMemoryRunStore();
		const write = store.write.bind(store);
		let calls = 0;
		// Every third call is refused, every third is answered as broken though it had its effect.
		store.write = async (writes) => {
			calls++;
			if (calls % 3 === 1) throw new Error("not reached");
			const results = await write(writes);
			if (calls % 3 === 2) throw new Error("reached, and not answered");
			return results;
		};
		const { runs, read } = await serve({ store });
		await runs.start("a", async (run) => {
			for (let i = 0; i < 20; i++) await run.send(i);
		});
		const reader = await read("a");
		await reader.ended;
		expect(dataOf(reader)).toEqual([...Array.from({ length: 20 }, (_, i) => String(i)), "{}"]);
	});

	it("fails with an event when its process closes before it has ended", async () => {
		const store = createMemoryRunStore();
		const { runs, read, errors } = await serve({ store });
		const source = driven();
		await runs.start("a", source.produce);
		const run = await source.run();
		await run.send("one");
		const reader = await read("a");
		await reader.take(1);
		const closed = runs.close();
		await expect(runs.start("b", () => {})).rejects.toMatchObject({
			code: "ERR_SSE_SERVICE_CLOSED",
		});
		await closed;
		await reader.ended;
		expect(reader.events.at(-1)).toMatchObject({ event: "failed", data: '{"reason":"shutdown"}' });
		expect(run.signal.aborted).toBe(true);
		expect(errors).toEqual([]);
	});

	it("is ended by close, also if close was called while it was claimed", async () => {
		// It began to produce after close, which nothing ended but its lease.
		const memory = createMemoryRunStore();
		let claim: () => void = () => {};
		const claimed = new Promise<void>((resolve) => {
			claim = resolve;
		});
		const slow: Pick<RunStore, "claim" | "close"> = {
			claim: async (...args) => {
				await claimed;
				return memory.claim(...args);
			},
			close: async () => {},
		};
		const store = Object.assign(Object.create(memory) as RunStore, methodsOf(memory), slow);
		const { runs } = await serve({ store });
		const source = driven();
		const started = runs.start("a", source.produce);
		const closed = runs.close();
		claim();
		expect(await started).toMatchObject({ isOwn: true });
		await closed;
		expect((await source.run()).signal.aborted).toBe(true);
		expect(await memory.settle("a")).toMatchObject({ state: "failed", reason: "shutdown" });
		await memory.close();
	});

	it("is not unknown to a process that has closed: the reader is asked to go elsewhere", async () => {
		const { runs, read } = await serve();
		await runs.start("a", () => ["one"]);
		await runs.close();
		expect((await read("a")).status).toBe(503);
	});

	// A store may lose what a run has before it loses the run: a reader that waited for it waited for ever.
	it("is a gap and then the end for a reader, if the store has lost its events but knows how it ended", async () => {
		const memory = createMemoryRunStore();
		let has = true;
		const losing: Pick<RunStore, "read"> = {
			read: async (...args) => (has ? memory.read(...args) : []),
		};
		const store = Object.assign(Object.create(memory) as RunStore, methodsOf(memory), losing);
		const { runs, read } = await serve({ store });
		await runs.start("a", () => ["one", "two"]);
		const first = await read("a");
		await first.ended;
		has = false;
		for (const from of [undefined, first.events[0]?.id]) {
			const reader = await read("a", from);
			await settled(reader.ended, "the gap");
			expect(reader.events).toMatchObject([
				{ event: "gap", data: '{"reason":"expired"}', id: "" },
				{ event: "done", data: "{}" },
			]);
			// Without the end, it came back for the same for as long as the run was kept.
			expect((await read("a", reader.events[1]?.id)).status).toBe(204);
		}
	});

	it("is given time to end when its process closes", async () => {
		const { runs, read } = await serve();
		const source = driven();
		await runs.start("a", source.produce);
		const reader = await read("a");
		const closed = runs.close({ drainMs: 60_000 });
		await (await source.run()).send("last");
		source.end();
		await closed;
		await reader.ended;
		expect(dataOf(reader)).toEqual(["last", "{}"]);
	});
});

const TEXT: FoldRules<{ text: string }> = {
	initial: () => ({ text: "" }),
	fold: (state, { data }) => ({ text: state.text + data }),
	render: ({ text }) => [{ event: undefined, data: text }],
};

describe("a run of a process that closes", () => {
	const counting: FoldRules<{ text: string }> = {
		initial: () => ({ text: "" }),
		fold: (state, { data }) => ({ text: state.text + data }),
		render: ({ text }) => [{ event: undefined, data: text }],
	};

	it("is continued by another process from its state, and its readers notice nothing", async () => {
		const store = createMemoryRunStore();
		const first = await serve({ store: shared(store), fold: counting });
		const resumed: unknown[] = [];
		const second = await serve({
			store: shared(store),
			fold: counting,
			async *resume(run, from) {
				resumed.push(run.id, from);
				yield "c";
				yield "d";
			},
		});
		const source = driven();
		await first.runs.start("a", source.produce);
		const run = await source.run();
		await run.send("a");
		const staying = await second.read("a");
		const leaving = await first.read("a");
		await staying.take(1);
		await leaving.take(1);
		void run.send("b");
		await first.runs.close({ unfinished: "handOver" });

		expect(run.signal.aborted).toBe(true);
		await expect(run.send("late")).rejects.toMatchObject({ code: "ERR_SSE_RUN_OVER" });
		await leaving.ended;
		await staying.ended;
		expect(dataOf(staying)).toEqual(["a", "b", "c", "d", "{}"]);
		const back = await second.read("a", leaving.events.at(-1)?.id);
		await back.ended;
		expect([...dataOf(leaving), ...dataOf(back)]).toEqual(["a", "b", "c", "d", "{}"]);
		expect(resumed).toEqual(["a", { state: { text: "ab" }, sequence: 2 }]);
		const whole = await second.read("a");
		await whole.ended;
		expect(dataOf(whole)).toEqual(["abcd", "{}"]);
		expect([...first.errors, ...second.errors]).toEqual([]);
	});

	it("is continued by a process that starts later", async () => {
		const store = createMemoryRunStore();
		const first = await serve({ store: shared(store) });
		await first.runs.start("a", (run) => run.send("one").then(() => new Promise(() => {})));
		await first.runs.close({ unfinished: "handOver" });
		const { read } = await serve({
			store: shared(store),
			resume: (run, { state, sequence }) => run.send({ state, sequence }),
		});
		const reader = await read("a");
		await reader.ended;
		expect(dataOf(reader)).toEqual(["one", '{"sequence":1}', "{}"]);
	});

	it("is handed over from process to process, and has all its events once", async () => {
		const store = createMemoryRunStore();
		const EVENTS = 30;
		let process: Serving | undefined;
		const produce = async (run: Run, sent = 0): Promise<void> => {
			for (let i = sent; i < EVENTS && !run.signal.aborted; i++) {
				await run.send(i).catch(() => {});
				await new Promise((resolve) => setImmediate(resolve));
			}
		};
		const options = {
			resume: (run: Run, { sequence }: { sequence: number }) => produce(run, sequence),
		};
		process = await serve({ store: shared(store), ...options });
		await process.runs.start("a", produce);
		const watching = await serve({ store: shared(store) });
		const reader = await watching.read("a");
		for (let moves = 0; moves < 5; moves++) {
			await reader.take(moves + 1);
			const next = await serve({ store: shared(store), ...options });
			await process.runs.close({ unfinished: "handOver" });
			process = next;
		}
		await reader.ended;
		expect(dataOf(reader)).toEqual([...Array.from({ length: EVENTS }, (_, i) => String(i)), "{}"]);
	});

	it("fails when its lease ends if no process takes it over", async () => {
		const store = createMemoryRunStore();
		const first = await serve({ store: endingLeases(store) });
		await first.runs.start("a", (run) => run.send("one").then(() => new Promise(() => {})));
		const second = await serve({ store: shared(store) });
		await (await second.read("a")).take(1);
		await first.runs.close({ unfinished: "handOver" });
		const reader = await second.read("a");
		await reader.ended;
		expect(dataOf(reader)).toEqual(["one", '{"reason":"lost"}']);
		expect(reader.events.at(-1)?.event).toBe("failed");
	});

	it("is not affected by a call of close with an unknown option", async () => {
		const { runs } = await serve();
		for (const options of [{ unfinished: "drop" }, { drainMs: -1 }, { force: true }]) {
			await expect(runs.close(options as object)).rejects.toMatchObject({
				code: "ERR_SSE_INVALID_OPTION",
			});
		}
		expect((await runs.start("a", () => {})).isOwn).toBe(true);
	});

	it("is done, and not handed over, if its producer completes in time", async () => {
		const store = createMemoryRunStore();
		const first = await serve({ store: shared(store) });
		const resumed: string[] = [];
		const second = await serve({
			store: shared(store),
			resume: (run) => void resumed.push(run.id),
		});
		const source = driven();
		await first.runs.start("a", source.produce);
		const reader = await first.read("a");
		const closed = first.runs.close({ drainMs: 60_000, unfinished: "handOver" });
		await (await source.run()).send("last");
		source.end();
		await closed;
		await reader.ended;
		expect(dataOf(reader)).toEqual(["last", "{}"]);
		expect(await second.runs.status("a")).toMatchObject({ state: "done", term: 1 });
		expect(resumed).toEqual([]);
	});
});

describe("a run that is folded", () => {
	it("gives a late reader the state and then the rest, which together are the whole run", async () => {
		const { runs, read } = await serve({ fold: TEXT });
		const source = driven();
		await runs.start("a", source.produce);
		const run = await source.run();
		const whole = Array.from({ length: 2_000 }, (_, i) => `${i} `);
		for (const token of whole.slice(0, 1_500)) await run.send(token);
		await eventually(() => true);
		const early = await read("a");
		await early.take(1);
		for (const token of whole.slice(1_500)) await run.send(token);
		source.end();
		await early.ended;
		expect(dataOf(early).slice(0, -1).join("")).toBe(whole.join(""));
		const late = await read("a");
		await late.ended;
		expect(dataOf(late)).toEqual([whole.join(""), "{}"]);
		// All that is above the state is framing.
		expect(late.text.length).toBeLessThan(whole.join("").length * 1.2);
	});

	// One such state stopped the writes of every run, and ended the process.
	it.each([
		["a BigInt", () => ({ count: 1n })],
		["nothing", () => undefined],
	])(
		"is written and read though its state has %s, which JSON cannot represent",
		async (_, initial) => {
			const fold = { initial, fold: (state: unknown) => state, render: () => [] };
			const { runs, errors, read } = await serve({ fold });
			await runs.start("a", async (run) => {
				for (let i = 0; i < 1_000; i++) await run.send(i);
			});
			await runs.start("b", () => ["other"]);
			const reader = await read("b");
			await reader.ended;
			expect(dataOf(reader)).toEqual(["{}"]);
			await eventually(async () => (await runs.status("a"))?.state === "done");
			expect(errors).toContainEqual(expect.any(TypeError));
		},
	);

	it("is not claimed if its first state cannot be made", async () => {
		const initial = (): never => {
			throw new Error("no state");
		};
		const { runs } = await serve({ fold: { initial, fold: (state) => state, render: () => [] } });
		await expect(runs.start("a", () => [])).rejects.toThrow("no state");
		expect(await runs.status("a")).toBeUndefined();
	});

	it("gives a reconnecting reader the events after its position", async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.integer({ min: 0, max: 30 }),
				fc.integer({ min: 1, max: 30 }),
				async (joins, takes) => {
					const { runs, read } = await serve({ fold: TEXT });
					const source = driven();
					await runs.start("a", source.produce);
					const run = await source.run();
					const tokens = Array.from({ length: 30 }, (_, i) => `${i} `);
					for (const token of tokens.slice(0, joins)) await run.send(token);
					const first = await read("a");
					for (const token of tokens.slice(joins)) await run.send(token);
					source.end();
					await first.ended;
					const seen = first.events.slice(0, takes);
					const back = await read("a", seen.at(-1)?.id);
					if (seen.at(-1)?.event !== "done") await back.ended;
					const rest = seen.at(-1)?.event === "done" ? [] : back.events;
					const text = [...seen, ...rest].filter(({ event }) => event === undefined);
					expect(text.map(({ data }) => data).join("")).toBe(tokens.join(""));
					for (const close of closing.splice(0).reverse()) await close();
				},
			),
			{ numRuns: 15 },
		);
	});

	it("tells a reader that lost its connection inside the state, and sends it all again", async () => {
		// What it had of the state came twice, without a word: text that a client adds up was doubled.
		const words = ["one", "two", "three"];
		const render = (): RunEvent[] => words.map((data) => ({ data }));
		const { runs, read } = await serve({ fold: { ...TEXT, render } });
		await runs.start("r", () => ["a"]);
		await eventually(async () => (await runs.status("r"))?.state === "done", "the end");
		const whole = await read("r");
		await whole.ended;
		expect(dataOf(whole)).toEqual([...words, "{}"]);
		for (const place of [0, 1]) {
			const again = await read("r", whole.events[place]?.id ?? "");
			await again.ended;
			expect(dataOf(again)).toEqual(['{"reason":"invalid"}', ...words, "{}"]);
		}
		const rest = await read("r", whole.events[2]?.id ?? "");
		await rest.ended;
		expect(dataOf(rest)).toEqual(["{}"]);
	});

	// The iterator of its messages threw, which nobody closed: the store went on calling a watcher for each entry.
	it("a codec that throws ends its reader's stream with an error and leaves no watcher on the run", async () => {
		const memory = createMemoryRunStore();
		let watching = 0;
		const watch: RunStore["watch"] = (run, onChange) => {
			const stop = memory.watch(run, onChange);
			watching++;
			return () => {
				watching--;
				stop();
			};
		};
		const store = Object.assign(Object.create(memory) as RunStore, methodsOf(memory), { watch });
		const broken = new Error("broken");
		const codec = {
			event: () => {
				throw broken;
			},
		};
		const { runs, errors, read } = await serve({ store, codec });
		await runs.start("r", async (run) => {
			await run.send("a");
			await new Promise((resolve) => run.signal.addEventListener("abort", resolve));
		});
		const stream = await read("r");
		await stream.ended;
		expect(stream.events).toMatchObject([{ event: "failed", data: '{"reason":"error"}' }]);
		expect(errors).toEqual([broken]);
		expect(watching).toBe(0);
	});

	it.each([
		[
			"throws",
			() => {
				throw new Error("broken");
			},
		],
		["cannot be encoded", () => [{ event: "a\nb", data: "state" }]],
	])("a state whose render %s ends its reader's stream with an error", async (_, render) => {
		// The stream stopped in silence, which clients without an end of their own take for a complete answer.
		const { runs, errors, read } = await serve({ fold: { ...TEXT, render } });
		await runs.start("r", () => ["a"]);
		await eventually(async () => (await runs.status("r"))?.state === "done", "the end");
		const stream = await read("r");
		await stream.ended;
		expect(stream.events).toMatchObject([{ event: "failed", data: '{"reason":"error"}' }]);
		expect(errors).toHaveLength(1);
		expect(await runs.status("r")).toMatchObject({ state: "done" });
	});

	it("a codec whose end throws as well still ends the stream", async () => {
		const broken = (): never => {
			throw new Error("broken");
		};
		const { runs, errors, read } = await serve({ codec: { event: broken, end: broken } });
		await runs.start("r", () => ["a"]);
		const stream = await read("r");
		await stream.ended;
		expect(stream.events).toEqual([]);
		expect(errors).toHaveLength(2);
	});
});

/** The methods of a store, which can be called on another object. */
function methodsOf(store: RunStore): Partial<RunStore> {
	const names = Object.getOwnPropertyNames(Object.getPrototypeOf(store)) as (keyof RunStore)[];
	const bound = names.map((name) => [name, (store[name] as () => unknown).bind(store)]);
	return Object.fromEntries(bound) as Partial<RunStore>;
}

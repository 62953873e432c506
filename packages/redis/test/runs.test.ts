/**
 * Runs of several processes over Redis: followed and cancelled elsewhere, and what becomes of a producer that dies, is
 * paused, or loses its Redis.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { eventually, openStream, startServer, type TestStream } from "@sse-service/testing";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import { createRuns, type Run, type Runs, type RunsOptions } from "sse-service/runs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { redisRunStore } from "../src/index.js";
import { type OpenClient, openClient } from "./clients.js";

let prefixes = 0;

describe.skipIf(redisServerPath === undefined)("runs over Redis", () => {
	let server: Awaited<ReturnType<typeof startRedisServer>>;
	let opened: OpenClient;
	let prefix = "several 0";
	const closing: (() => unknown)[] = [];

	beforeAll(async () => {
		server = await startRedisServer();
		opened = await openClient("node-redis 6", server.port);
	});
	afterAll(async () => {
		opened.close();
		await server.stop();
	});
	afterEach(async () => {
		for (const close of closing.splice(0).reverse()) await close();
		prefix = `several ${++prefixes}`;
	});

	interface Process {
		readonly runs: Runs;
		read(lastEventId?: string): Promise<TestStream>;
	}

	/** As another process would be: with a store and streams of its own. */
	async function open(options: RunsOptions = {}): Promise<Process> {
		const store = redisRunStore({ client: opened.client, prefix });
		const runs = createRuns({ store, ...options });
		const http = await startServer(async (req, res) => {
			await runs.follow("answer", { req, res });
		});
		closing.push(async () => {
			await runs.close();
			await http.destroy();
		});
		return {
			runs,
			read: (id) =>
				openStream(http.url, id === undefined ? {} : { headers: { "Last-Event-ID": id } }),
		};
	}

	async function startProducer(leaseMs: number): Promise<ChildProcess> {
		const program = join(import.meta.dirname, "apps/run-producer.mjs");
		const args = [program, String(server.port), prefix, String(leaseMs)];
		const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
		closing.push(() => child.kill("SIGKILL"));
		await once(child.stdout as NodeJS.EventEmitter, "data");
		return child;
	}

	const dataOf = (stream: TestStream): string[] => stream.events.map(({ data }) => data);

	it("are produced in one process, followed in others, read on in a third, and cancelled in a fourth", async () => {
		const [producer, second, third, fourth] = [
			await open(),
			await open(),
			await open(),
			await open(),
		];
		let give: (run: Run) => void = () => {};
		const given = new Promise<Run>((resolve) => {
			give = resolve;
		});
		await producer.runs.start("answer", (run) => {
			give(run);
			return new Promise<void>((resolve) => run.signal.addEventListener("abort", () => resolve()));
		});
		const run = await given;
		expect((await second.runs.start("answer", () => {})).isOwn).toBe(false);
		const reader = await second.read();
		for (let i = 0; i < 50; i++) await run.send(i);
		await reader.take(50);
		reader.abort();
		await run.send("while away");
		const back = await third.read(reader.events[49]?.id);
		expect(await back.take(1)).toMatchObject([{ data: "while away" }]);
		expect(await fourth.runs.cancel("answer", "stop")).toBe(true);
		await back.ended;
		expect(back.events.at(-1)).toMatchObject({ event: "cancelled", data: '{"reason":"stop"}' });
		await eventually(() => run.signal.aborted, "the producer to be stopped");
		expect(dataOf(reader)).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
	});

	it("fail when the producer's process is killed: readers are given every event that was kept, then the end, and the id can be started again", async () => {
		const here = await open();
		const child = await startProducer(4_000);
		const reader = await here.read();
		await reader.take(20);
		child.kill("SIGKILL");
		await reader.ended;
		const last = reader.events.at(-1);
		expect(last).toMatchObject({ event: "failed", data: '{"reason":"lost"}' });
		const tokens = dataOf(reader).slice(0, -1);
		expect(tokens).toEqual(tokens.map((_, i) => String(i)));
		expect((await here.runs.start("answer", (run) => void run.send("anew"))).isOwn).toBe(true);
		const again = await here.read(last?.id);
		await again.ended;
		expect(again.events).toMatchObject([
			{ event: "gap", data: '{"reason":"attempt"}' },
			{ data: "anew" },
			{ event: "done" },
		]);
	});

	it("are handed over by a process that ends, and continued by another one: readers get every event once", async () => {
		const reading = await open();
		const child = await startProducer(60_000);
		const resumed: unknown[] = [];
		let give: (run: Run) => void = () => {};
		const given = new Promise<Run>((resolve) => {
			give = resolve;
		});
		const taking = await open({
			async resume(run, { sequence }) {
				resumed.push(run.id);
				for (let i = sequence; i < sequence + 20; i++) await run.send(i);
				give(run);
			},
		});
		const reader = await reading.read();
		await reader.take(5);
		const ended = once(child, "exit");
		child.kill("SIGTERM");
		expect(await ended).toEqual([0, null]);
		await given;
		await reader.ended;
		const tokens = dataOf(reader).slice(0, -1);
		expect(tokens).toEqual(tokens.map((_, i) => String(i)));
		expect(reader.events.at(-1)?.event).toBe("done");
		expect(resumed).toEqual(["answer"]);
		expect(await taking.runs.status("answer")).toMatchObject({ state: "done", term: 2 });
		const late = await taking.read();
		await late.ended;
		expect(dataOf(late)).toEqual(dataOf(reader));
	});

	it("end at the lease, and not later, when a process hands them over and no other one is there", async () => {
		const reading = await open();
		const child = await startProducer(2_000);
		const reader = await reading.read();
		await reader.take(5);
		const ended = once(child, "exit");
		child.kill("SIGTERM");
		await ended;
		await reader.ended;
		expect(reader.events.at(-1)).toMatchObject({ event: "failed", data: '{"reason":"lost"}' });
	});

	it("take nothing from a producer that was frozen beyond its lease", async () => {
		const here = await open();
		const child = await startProducer(4_000);
		const reader = await here.read();
		await reader.take(5);
		child.kill("SIGSTOP");
		await reader.ended;
		expect(reader.events.at(-1)?.event).toBe("failed");
		const before = await here.runs.status("answer");
		child.kill("SIGCONT");
		// It is awake, and has been refused: a new attempt is not disturbed either.
		await here.runs.start("answer", (run) => void run.send("anew"));
		const again = await here.read();
		await again.ended;
		expect(dataOf(again)).toEqual(["anew", "{}"]);
		expect(before).toMatchObject({ state: "failed", reason: "lost" });
	});

	it("go to those that follow, and to nobody else", async () => {
		const [producer, idle] = [await open(), await open()];
		// It follows something, so that its connection is there.
		await idle.runs.start("other", () => {});
		const admin = await openClient("ioredis 6", server.port);
		closing.push(() => admin.close());
		const call = (...args: string[]): Promise<unknown> =>
			(admin.client as { call(...args: string[]): Promise<unknown> }).call(...args);
		const readsOf = async (): Promise<number> => {
			const stats = String(await call("INFO", "commandstats"));
			return Number(/cmdstat_xread:calls=(\d+)/.exec(stats)?.[1] ?? 0);
		};
		const before = await readsOf();
		await producer.runs.start("answer", async (run) => {
			for (let i = 0; i < 500; i++) await run.send("token");
		});
		await eventually(() => true);
		let state = "running";
		while (state === "running") state = (await producer.runs.status("answer"))?.state ?? "";
		// Only the waits of two seconds that each process makes for cancellations.
		expect((await readsOf()) - before).toBeLessThan(20);
		expect(state).toBe("done");
	});
});

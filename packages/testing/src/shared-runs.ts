/**
 * Runs of several processes over a shared store: followed and cancelled elsewhere, and what becomes of a producer that dies, is
 * paused, or ends.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { startServer } from "./server.js";
import { openStream, type TestStream } from "./stream.js";
import { eventually } from "./waiting.js";

// What is needed of runs: this package cannot import the core, whose tests import it.
interface Run {
	readonly id: string;
	readonly signal: AbortSignal;
	send(data: unknown): Promise<void>;
}

export interface TestedRuns {
	start(
		id: string,
		producer: (run: Run) => Promise<void> | void,
	): Promise<{ readonly isOwn: boolean }>;
	follow(
		id: string,
		reader: { readonly req: IncomingMessage; readonly res: ServerResponse },
	): Promise<unknown>;
	cancel(id: string, reason?: string): Promise<boolean>;
	status(id: string): Promise<object | undefined>;
	close(): Promise<void>;
}

export interface TestedRunsOptions {
	readonly resume?: (run: Run, from: { readonly sequence: number }) => Promise<void> | void;
}

export interface SharedRunsHarness {
	/** Runs as another process has them: over a store of its own. All of a test share what the store keeps. */
	open(options: TestedRunsOptions): Promise<TestedRuns>;
	/**
	 * Starts a process that produces the run `answer`, numbers from 0 every 5 ms, until it is killed. At SIGTERM it hands the run
	 * over. It prints a line once the run is started.
	 */
	spawnProducer(leaseMs: number): ChildProcess;
	/** After each test. */
	close(): void | Promise<void>;
}

export function describeSharedRuns(name: string, harness: SharedRunsHarness): void {
	describe(`runs of several processes: ${name}`, () => {
		const closing: (() => unknown)[] = [];

		afterEach(async () => {
			for (const close of closing.splice(0).reverse()) await close();
			await harness.close();
		});

		interface Process {
			readonly runs: TestedRuns;
			read(lastEventId?: string): Promise<TestStream>;
		}

		/** As another process would be: with a store and streams of its own. */
		async function open(options: TestedRunsOptions = {}): Promise<Process> {
			const runs = await harness.open(options);
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
			const child = harness.spawnProducer(leaseMs);
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
				return new Promise<void>((resolve) =>
					run.signal.addEventListener("abort", () => resolve()),
				);
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
			const child = await startProducer(2_000);
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
			expect(await taking.runs.status("answer")).toMatchObject({
				state: "done",
				term: expect.toSatisfy((term: number) => term > 1),
			});
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
			const child = await startProducer(2_000);
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
	});
}

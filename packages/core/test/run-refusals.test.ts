/**
 * Events of a run that are refused: what becomes of the run, and who learns of it.
 */
import { afterEach, describe, expect, it } from "vitest";
import {
	createRuns,
	type Run,
	type RunProducer,
	type Runs,
	type RunsOptions,
} from "../src/runs.js";
import { LosingRunStore } from "./losing-run-store.js";

const closing: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

interface Outcome {
	readonly runs: Runs;
	/** The stream of a reader, to its end. */
	readonly text: string;
	readonly errors: readonly unknown[];
}

/** Runs a producer to its end. */
async function outcomeOf(producer: RunProducer, options: RunsOptions = {}): Promise<Outcome> {
	const errors: unknown[] = [];
	const runs = createRuns({ batchMs: 0, onError: (error) => errors.push(error), ...options });
	closing.push(() => runs.close());
	await runs.start("a", producer);
	const text = await (await runs.follow("a", new Request("http://localhost/"))).text();
	return { runs, text, errors };
}

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

const untilStopped = ({ signal }: Run): Promise<void> =>
	new Promise((resolve) => signal.addEventListener("abort", () => resolve()));

const brokenFold: RunsOptions = {
	fold: {
		initial: () => "",
		fold: (state: string, { data }) => {
			if (data === "boom") throw new Error("boom");
			return state + data;
		},
		render: (state) => [{ data: state }],
	},
};

const refused: [string, (run: Run) => Promise<void>, RunsOptions, object][] = [
	["without JSON", (run) => run.send(cyclic), {}, { code: "ERR_SSE_INVALID_DATA" }],
	[
		"whose type has a line break",
		(run) => run.send("x", { event: "a\nb" }),
		{},
		{ code: "ERR_SSE_INVALID_EVENT" },
	],
	["that the fold throws at", (run) => run.send("boom"), brokenFold, { message: "boom" }],
];

// Cause: the promise of `send` need not be awaited, and the rejection of one that was not went nowhere: the run ended as done,
// and its readers took it for complete.
describe.each(refused)("an event %s", (_, send, options, error) => {
	it("fails the run that does not look at the refusal", async () => {
		const producer = async (run: Run): Promise<void> => {
			void run.send("one");
			void send(run);
		};
		const { runs, text, errors } = await outcomeOf(producer, options);
		expect(text).toContain("event: failed\n");
		expect(text).toContain('data: {"reason":"error"}\n');
		expect(await runs.status("a")).toMatchObject({ state: "failed", reason: "error" });
		expect(errors).toMatchObject([error]);
	});

	it("fails it at once, and stops its producer", async () => {
		const producer = async (run: Run): Promise<void> => {
			void send(run);
			await untilStopped(run);
			await expect(run.send("late")).rejects.toMatchObject({ code: "ERR_SSE_RUN_OVER" });
		};
		const { text, errors } = await outcomeOf(producer, options);
		expect(text).toContain('data: {"reason":"error"}\n');
		expect(errors).toMatchObject([error]);
	});

	// The end of a run looked whether an event had been refused, the hand-over did not.
	it("fails it although it is handed over in the same turn", async () => {
		const store = new LosingRunStore();
		const errors: unknown[] = [];
		const told: RunsOptions = { ...options, store, onError: (thrown) => errors.push(thrown) };
		const runs = createRuns({ batchMs: 0, ...told });
		const closed = new Promise<void>((resolve) => {
			void runs.start("a", async (run) => {
				void send(run);
				resolve(runs.close({ unfinished: "handOver" }));
				await untilStopped(run);
			});
		});
		await closed;
		const other = createRuns({ store });
		closing.push(() => other.close());
		expect(await other.status("a")).toMatchObject({ state: "failed" });
		expect(errors).toMatchObject([error]);
	});

	it("is reported once if the producer throws what it was told", async () => {
		const { text, errors } = await outcomeOf(async (run) => {
			await send(run);
		}, options);
		expect(text).toContain('data: {"reason":"error"}\n');
		expect(errors).toMatchObject([error]);
	});

	it("is the producer's own affair if it handles the refusal, and does not count", async () => {
		const producer = async (run: Run): Promise<void> => {
			await run.send("one");
			await send(run).catch(() => {});
			await Promise.allSettled([send(run)]);
			let told: unknown;
			send(run).then(undefined, (thrown: unknown) => {
				told = thrown;
			});
			// Longer than the refusal waits for its handler.
			await new Promise(setImmediate);
			expect(told).toMatchObject(error);
			await run.send("two");
		};
		const { runs, text, errors } = await outcomeOf(producer, { maxEvents: 2, ...options });
		expect(text).toContain("event: done\n");
		expect(await runs.status("a")).toMatchObject({ state: "done", sequence: 3 });
		expect(errors).toEqual([]);
	});
});

describe("a run that was cancelled", () => {
	it("reports nothing of what its producer still sends", async () => {
		const errors: unknown[] = [];
		const runs = createRuns({ batchMs: 0, onError: (error) => errors.push(error) });
		closing.push(() => runs.close());
		let stop: () => void = () => {};
		const stopped = new Promise<void>((resolve) => {
			stop = resolve;
		});
		await runs.start("a", async (run) => {
			await untilStopped(run);
			void run.send("late");
			void run.send(cyclic);
			await new Promise(setImmediate);
			await new Promise(setImmediate);
			stop();
		});
		await runs.cancel("a");
		await stopped;
		expect(errors).toEqual([]);
	});
});

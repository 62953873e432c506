/**
 * A store that loses a hand-over with what followed it: the next process that takes the run over gives its events the numbers of the
 * lost ones, and a reader that had received those continued behind them, without a word.
 */
import {
	eventually,
	openStream,
	startServer,
	type TestServer,
	type TestStream,
} from "@sse-service/testing";
import { afterEach, describe, expect, it } from "vitest";
import { createRuns, type FoldRules, type Run, type Runs, type RunsOptions } from "../src/runs.js";
import { LosingRunStore } from "./losing-run-store.js";

const closing: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

const TEXT: FoldRules<{ text: string }> = {
	initial: () => ({ text: "" }),
	fold: (state, { data }) => ({ text: state.text + data }),
	render: ({ text }) => [{ data: text }],
};

interface Process {
	readonly runs: Runs;
	readonly server: TestServer;
	read(lastEventId?: string): Promise<TestStream>;
}

async function start(store: LosingRunStore, options: RunsOptions = {}): Promise<Process> {
	const runs = createRuns({ batchMs: 0, store, ...options });
	const server = await startServer((req, res) => void runs.follow("a", { req, res }));
	closing.push(async () => {
		await runs.close();
		await server.destroy();
	});
	const read = (lastEventId?: string): Promise<TestStream> =>
		openStream(
			server.url,
			lastEventId === undefined ? {} : { headers: { "Last-Event-ID": lastEventId } },
		);
	return { runs, server, read };
}

/** Sends, and stays there. */
const sends =
	(...events: string[]) =>
	async (run: Run): Promise<void> => {
		for (const event of events) await run.send(event);
		await new Promise((resolve) => run.signal.addEventListener("abort", resolve));
	};

/** Sends, and is done. */
const ends = (...events: string[]) => {
	return () => events;
};

const dataOf = (stream: TestStream): string[] => stream.events.map(({ data }) => data);

/** The first process has sent `a` and `b`, and has handed the run over. */
async function handedOver(options: RunsOptions = {}): Promise<LosingRunStore> {
	const store = new LosingRunStore();
	const first = await start(store, options);
	await first.runs.start("a", sends("a", "b"));
	await eventually(async () => (await store.settle("a"))?.sequence === 2, "the first events");
	await first.runs.close({ unfinished: "handOver" });
	return store;
}

const GAP = '{"reason":"invalid"}';

describe("a reader of events that the store lost with a hand-over", () => {
	it("receives a gap and the whole run when it reconnects", async () => {
		const store = await handedOver();
		const lose = store.remember();
		const second = await start(store, { resume: sends("c", "d", "e") });
		const reader = await second.read();
		await reader.take(5);
		reader.abort();
		const ids = reader.events.map(({ id }) => id);
		await second.runs.close({ unfinished: "handOver" });
		lose();
		const third = await start(store, { resume: ends("x", "y", "z") });
		await eventually(async () => (await store.settle("a"))?.state === "done", "the end");
		const continued: string[][] = [];
		for (const id of ids) {
			const stream = await third.read(id);
			await stream.ended;
			continued.push(dataOf(stream));
		}
		const whole = [GAP, "a", "b", "x", "y", "z", "{}"];
		expect(continued).toEqual([
			["b", "x", "y", "z", "{}"],
			["x", "y", "z", "{}"],
			...[whole, whole, whole],
		]);
	});

	it.each([
		["fewer events", ["x"]],
		["as many events", ["x", "y", "z"]],
		["more events", ["x", "y", "z", "v", "w"]],
	])("receives them on its stream, when the run then gets %s", async (_, others) => {
		const store = await handedOver();
		const lose = store.remember();
		const second = await start(store, { resume: sends("c", "d", "e"), leaseMs: 100 });
		// A process that lives on.
		const watching = await start(store, { leaseMs: 100 });
		const reader = await watching.read();
		await reader.take(5);
		await second.runs.close({ unfinished: "handOver" });
		lose();
		await start(store, { resume: ends(...others) });
		await reader.ended;
		expect(dataOf(reader)).toEqual(["a", "b", "c", "d", "e", GAP, "a", "b", ...others, "{}"]);
		const again = await watching.read(reader.events.at(-1)?.id);
		expect(again.status).toBe(204);
	});

	it("is disconnected if its protocol has no word for a gap: its client would add the run to what it has", async () => {
		const store = await handedOver();
		const lose = store.remember();
		const second = await start(store, { resume: sends("c") });
		const errors: unknown[] = [];
		const onError = (error: unknown): unknown => errors.push(error);
		const watching = await start(store, { codec: { gap: () => [] }, onError });
		const reader = await watching.read();
		await reader.take(3);
		await second.runs.close({ unfinished: "handOver" });
		lose();
		await start(store, { resume: ends("x", "y") });
		await reader.ended;
		expect(dataOf(reader)).toEqual(["a", "b", "c", '{"reason":"error"}']);
		expect(errors).toEqual([expect.objectContaining({ code: "ERR_SSE_RUN_UNKNOWN" })]);
	});

	it("receives them when the end was lost, too", async () => {
		const store = await handedOver();
		const lose = store.remember();
		const second = await start(store, { resume: ends("c", "d") });
		const reader = await second.read();
		await reader.ended;
		await second.runs.close();
		lose();
		const third = await start(store, { resume: ends("x", "y") });
		await eventually(async () => (await store.settle("a"))?.state === "done", "the end");
		const again = await third.read(reader.events.at(-1)?.id);
		await again.ended;
		expect(dataOf(again)).toEqual([GAP, "a", "b", "x", "y", "{}"]);
	});

	it("receives the other state of a run that is folded", async () => {
		const store = await handedOver({ fold: TEXT });
		const lose = store.remember();
		const second = await start(store, { fold: TEXT, resume: sends("c", "d") });
		await eventually(async () => (await store.settle("a"))?.sequence === 4, "its events");
		const reader = await second.read();
		await reader.take(1);
		reader.abort();
		expect(dataOf(reader)).toEqual(["abcd"]);
		await second.runs.close({ unfinished: "handOver" });
		lose();
		const third = await start(store, { fold: TEXT, resume: ends("x", "y", "z") });
		await eventually(async () => (await store.settle("a"))?.state === "done", "the end");
		const again = await third.read(reader.events[0]?.id);
		await again.ended;
		expect(dataOf(again)).toEqual([GAP, "abxyz", "{}"]);
		// The state's own position is one of the run.
		const whole = await third.read();
		await whole.ended;
		const end = await third.read(whole.events[0]?.id);
		await end.ended;
		expect(dataOf(end)).toEqual(["{}"]);
	});

	it("is not told of a gap where a run is handed over again and again and nothing is lost", async () => {
		const store = await handedOver();
		const second = await start(store, { resume: sends("c", "d") });
		const watching = await start(store);
		const reader = await watching.read();
		await reader.take(4);
		await second.runs.close({ unfinished: "handOver" });
		await start(store, { resume: ends("e", "f") });
		await reader.ended;
		expect(dataOf(reader)).toEqual(["a", "b", "c", "d", "e", "f", "{}"]);
		for (const [index, { id }] of reader.events.slice(0, -1).entries()) {
			const rest = await watching.read(id);
			await rest.ended;
			expect(dataOf(rest)).toEqual(dataOf(reader).slice(index + 1));
		}
		expect((await watching.read(reader.events.at(-1)?.id)).status).toBe(204);
	});

	it("continues by a position without a mark only if its protocol has no place for one", async () => {
		const store = await handedOver();
		const second = await start(store, { resume: ends("c", "d") });
		await eventually(async () => (await store.settle("a"))?.state === "done", "the end");
		const [unmarked, open] = [await second.read("attempt-1.3"), await second.read("attempt-1~.3")];
		await Promise.all([unmarked.ended, open.ended]);
		expect(dataOf(unmarked)).toEqual([GAP, "a", "b", "c", "d", "{}"]);
		expect(dataOf(open)).toEqual(["d", "{}"]);
	});
});

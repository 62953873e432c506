/**
 * Processes that share a log and differ in the groups with `latest`, as during a deploy: the engine keeps the newest event for
 * all of them, and each says that they differ.
 */
import { eventually } from "@sse-service/testing";
import { expect, it } from "vitest";
import type { SSEServiceOptions } from "../src/index.js";
import { MemoryEngine } from "./memory-engine.js";
import { dataOf } from "./received.js";
import type { Serving } from "./serving.js";
import { startOn } from "./start-on.js";

const LATEST = { maxEvents: 5, groups: { prices: { latest: true } } };

function start(engine: MemoryEngine, history: SSEServiceOptions["history"]): Promise<Process> {
	const errors: unknown[] = [];
	const onError = (error: unknown): unknown => errors.push(error);
	return startOn(engine, { history, onError }).then((serving) => ({ ...serving, errors }));
}

type Process = Serving & { readonly errors: readonly unknown[] };

/** What a client receives first that enters the group on a process which starts now. */
async function newestFor(engine: MemoryEngine, { sse }: Serving): Promise<string | undefined> {
	// More than a process that starts reads of the log.
	for (let count = 0; count < 30; count++) await sse.publish("all", "x");
	const { open } = await start(engine, LATEST);
	const { stream } = await open({ groups: ["prices"] });
	const [newest] = await stream.take(1);
	return newest?.data;
}

// The engine kept what had long been replaced, and gave it to every process that started later.
it("a new client receives the newest event, even if an older process does not keep the group", async () => {
	const engine = new MemoryEngine();
	const plain = await start(engine, true);
	const keeper = await start(engine, LATEST);
	await eventually(() => [plain, keeper].every(({ errors }) => errors.length === 1));
	await keeper.sse.publish({ group: "prices" }, "1", { key: "ACME" });
	await plain.sse.publish({ group: "prices" }, "2", { key: "ACME" });
	expect(await newestFor(engine, plain)).toBe("2");
});

it("a newer process that does not keep the group learns of it with its first event for the group", async () => {
	const engine = new MemoryEngine();
	const keeper = await start(engine, LATEST);
	const plain = await start(engine, true);
	await keeper.sse.publish({ group: "prices" }, "1", { key: "ACME" });
	await plain.sse.publish({ group: "prices", client: "ada" }, "not kept anyway");
	for (const data of ["2", "3"])
		await plain.sse.publish({ group: "prices" }, data, { key: "ACME" });
	await eventually(() => [plain, keeper].every(({ errors }) => errors.length > 0));
	for (const { errors } of [keeper, plain]) {
		expect(errors).toMatchObject([
			{ code: "ERR_SSE_LOG_CONFIG", message: expect.stringContaining('"prices"') },
		]);
	}
	await plain.sse.publish({ group: "prices" }, "4", { key: "ACME" });
	expect(await newestFor(engine, plain)).toBe("4");
});

it("each process reports once which groups only one of them keeps", async () => {
	const engine = new MemoryEngine();
	const errors: unknown[][] = [[], []];
	const startWith = (index: number, ...groups: string[]): ReturnType<typeof startOn> =>
		startOn(engine, {
			history: { groups: Object.fromEntries(groups.map((group) => [group, { latest: true }])) },
			onError: (...error) => errors[index]?.push(error),
		});
	await startWith(0, "both", "first");
	for (const _ of [1, 2]) await startWith(1, "both", "second");
	await eventually(() => errors.every((each) => each.length > 0));
	await startWith(0, "both", "first");
	const { sse } = await startWith(0, "both", "first");
	await sse.publish("all", "x");
	const reported = (ours: string, theirs: string): unknown => [
		{
			code: "ERR_SSE_LOG_CONFIG",
			message: expect.stringContaining(
				`only this process keeps "${ours}"; only another process keeps "${theirs}"`,
			),
		},
		{ stage: "log" },
	];
	// The three that have the first, and the two that have the second.
	await eventually(() => errors[0]?.length === 3 && errors[1]?.length === 2);
	expect(errors[0]?.[0]).toMatchObject(reported("first", "second") as object);
	expect(errors[1]?.[0]).toMatchObject(reported("second", "first") as object);
});

const JOBS = { maxEvents: 5, groups: { "job:*": { latest: true, maxEvents: 3 } } };

it("a process that starts has the newest events of a pattern's groups, as many as the pattern keeps", async () => {
	const engine = new MemoryEngine();
	const { sse } = await start(engine, JOBS);
	for (const state of ["queued", "done"]) {
		for (const job of [1, 2, 3, 4]) await sse.publish({ group: `job:${job}` }, `${job} ${state}`);
	}
	// More than a process that starts reads of the log.
	for (let count = 0; count < 30; count++) await sse.publish("all", "x");
	const { open } = await start(engine, JOBS);
	const { stream } = await open({ groups: ["job:4", "job:2"] });
	expect(dataOf(await stream.take(2))).toEqual(["2 done", "4 done"]);
	const other = await open({ groups: ["job:1", "job:3"] });
	await sse.publish({ group: "job:1" }, "1 again");
	expect(dataOf(await other.stream.take(2))).toEqual(["3 done", "1 again"]);
});

it("a process without a pattern stores what it sends to its groups as newest", async () => {
	const engine = new MemoryEngine();
	const plain = await start(engine, { maxEvents: 5, groups: { "job:*": {} } });
	const keeper = await start(engine, JOBS);
	await eventually(() => [plain, keeper].every(({ errors }) => errors.length === 1));
	expect(keeper.errors).toMatchObject([
		{
			code: "ERR_SSE_LOG_CONFIG",
			message: expect.stringContaining('only this process keeps "job:*"'),
		},
	]);
	await keeper.sse.publish({ group: "job:1" }, "queued");
	await plain.sse.publish({ group: "job:1" }, "done");
	for (let count = 0; count < 30; count++) await plain.sse.publish("all", "x");
	const { open } = await start(engine, JOBS);
	const { stream } = await open({ groups: ["job:1"] });
	expect(dataOf(await stream.take(1))).toEqual(["done"]);
});

it("an event of a group that has a rule of its own is not taken from its pattern", async () => {
	const engine = new MemoryEngine();
	const before = await start(engine, JOBS);
	await before.sse.publish({ group: "job:1" }, "of the pattern", { key: "a" });
	for (let count = 0; count < 30; count++) await before.sse.publish("all", "x");
	const { sse, open } = await start(engine, {
		maxEvents: 5,
		groups: { ...JOBS.groups, "job:1": { latest: true } },
	});
	await sse.publish({ group: "job:1" }, "its own", { key: "b" });
	const { stream } = await open({ groups: ["job:1"] });
	expect(dataOf(await stream.take(1))).toEqual(["its own"]);
});

it("processes with the same configuration report nothing", async () => {
	const engine = new MemoryEngine();
	const errors: unknown[] = [];
	const options = { history: LATEST, onError: (error: unknown) => errors.push(error) };
	const one = await startOn(engine, options);
	const other = await startOn(engine, options);
	await other.sse.publish("all", "x");
	const { sequence } = engine.newest;
	await one.sse.publish("all", "y");
	expect(engine.newest.sequence).toBe(sequence + 1);
	expect(errors).toEqual([]);
});

it.each([
	'{"w":"x","o":{"do":"keep","groups":{}}}',
	'{"w":"x","o":{"do":"keep","groups":[["a"]]}}',
	'{"w":"x","o":{"do":"keep","groups":[["a","1"]],"isNew":true}}',
])("a text that no process writes is skipped: %s", async (text) => {
	const engine = new MemoryEngine();
	const errors: unknown[] = [];
	const { sse, open } = await startOn(engine, { onError: (error) => errors.push(error) });
	const { stream } = await open();
	await engine.driver().append([{ text, tag: "abc" }]);
	await sse.publish("all", "x");
	expect(dataOf(await stream.take(1))).toEqual(["x"]);
	expect(errors).toEqual([]);
});

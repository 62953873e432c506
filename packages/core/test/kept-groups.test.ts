/**
 * Processes that share a log and differ in the groups with `latest`, as during a deploy: the engine keeps the newest event for
 * all of them, and each says that they differ.
 */
import { eventually } from "@sse-service/testing";
import { expect, it } from "vitest";
import type { SSEServiceOptions } from "../src/index.js";
import { MemoryEngine } from "./memory-engine.js";
import type { Serving } from "./serving.js";
import { dataOf, startOn } from "./start-on.js";

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
it("a newcomer receives the newest event, though an older process does not keep the group", async () => {
	const engine = new MemoryEngine();
	const plain = await start(engine, true);
	const keeper = await start(engine, LATEST);
	await eventually(() => [plain, keeper].every(({ errors }) => errors.length === 1));
	await keeper.sse.publish({ group: "prices" }, "1", { key: "ACME" });
	await plain.sse.publish({ group: "prices" }, "2", { key: "ACME" });
	expect(await newestFor(engine, plain)).toBe("2");
});

it("a newer process that does not keep the group is told so with its first event for the group", async () => {
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

it("processes that are configured alike say nothing", async () => {
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

/**
 * Processes that share a log and differ in the groups with `latest`, as during a deploy: the engine keeps the newest event for
 * all of them, and each says that they differ.
 */
import { eventually } from "@sse-service/testing";
import { expect, it } from "vitest";
import { MemoryEngine } from "./memory-engine.js";
import { dataOf, startOn } from "./start-on.js";

const LATEST = { maxEvents: 5, groups: { prices: { latest: true } } };

it.each(["before", "after"])(
	"a newcomer receives the newest event, though a process that started %s does not keep the group",
	async (order) => {
		const engine = new MemoryEngine();
		const errors: unknown[] = [];
		const onError = (error: unknown): void => {
			errors.push(error);
		};
		const start = {
			keeper: () => startOn(engine, { history: LATEST, onError }),
			other: () => startOn(engine, { history: true, onError }),
		};
		const other = order === "before" ? await start.other() : undefined;
		const keeper = await start.keeper();
		const { sse } = other ?? (await start.other());
		await eventually(() => errors.length === 2, "both to hear of each other");
		await keeper.sse.publish({ group: "prices" }, "1", { key: "ACME" });
		await sse.publish({ group: "prices" }, "2", { key: "ACME" });
		// More than a process that starts reads of the log.
		for (let count = 0; count < 30; count++) await sse.publish("all", "x");
		const late = await startOn(engine, { history: LATEST });
		const { stream } = await late.open({ groups: ["prices"] });
		expect(dataOf(await stream.take(1))).toEqual(["2"]);
	},
);

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

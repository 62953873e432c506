/** Claims about handing a run over to another process. */
import { expect, it } from "vitest";
import { eventually } from "../waiting.js";
import { DONE, entries, RULES, type RunStoreFixture } from "./run-store-fixture.js";
import type { Entry, Status } from "./run-store-types.js";

export function claimHandOver(its: RunStoreFixture): void {
	const { claim, write, release } = its;

	it("a released run is adopted by exactly one of those that try, and refuses its old producer", async () => {
		const run = await claim("r");
		expect(await its.there.adopt("r", run.attempt, RULES)).toBeUndefined();
		await release(run, 0, ["a", "b"]);
		expect(await its.there.settle("r")).toMatchObject({ state: "running", isReleased: true });
		expect((await its.there.claim("r", RULES)).isOwn).toBe(false);
		const tries = await Promise.all(
			Array.from({ length: 10 }, (_, i) =>
				(i % 2 === 0 ? its.here : its.there).adopt("r", run.attempt, RULES),
			),
		);
		const [adopted] = tries.filter((status) => status !== undefined);
		expect(tries.filter((status) => status !== undefined)).toHaveLength(1);
		expect(adopted).toMatchObject({
			...{ id: "r", attempt: run.attempt, isReleased: false },
			...{ state: "running", sequence: 2, length: 2 },
		});
		expect(adopted?.term).toBeGreaterThan(1);
		expect(await write(run, 2, entries("late"))).toBeUndefined();
		expect(await write(run, 2, [])).toBeUndefined();
		expect(await write(adopted as Status, 2, [...entries("c"), DONE], {}, its.there)).toBe(4);
		const all = await its.here.read("r", run.attempt, 1, 9);
		expect(all?.map(({ data }) => data)).toEqual(["a", "b", "c", "{}"]);
	});

	// Without it, the lost events of another producer count as those at their sequences.
	it("entries have the mark that their producer gave them, also those that were written long ago", async () => {
		const run = await claim("r");
		await release(run, 0, ["a"]);
		const adopted = (await its.there.adopt("r", run.attempt, RULES)) as Status;
		const marked = Array.from(
			{ length: 1_500 },
			(_, i): Entry => ({ data: `${i}`, mark: "m-1_x" }),
		);
		marked[7] = { event: "tick", data: "7", mark: "m-1_x" };
		const written = [...marked, { ...DONE, mark: "m-1_x" }];
		await write(adopted, 1, written, {}, its.there);
		const all: Entry[] = [];
		while (all.length <= written.length) {
			all.push(...((await its.here.read("r", run.attempt, all.length + 1, 500)) ?? []));
		}
		expect(all).toEqual([{ data: "a" }, ...written]);
	});

	it("a repeated release gets the same answer, also after another process has adopted the run", async () => {
		const run = await claim("r");
		await release(run, 0, ["a"]);
		await release(run, 0, ["a"]);
		const { term } = (await its.there.adopt("r", run.attempt, RULES)) as Status;
		await release(run, 0, ["a"]);
		expect(await its.there.settle("r")).toMatchObject({ term, isReleased: false, sequence: 1 });
	});

	it("every process is notified of a released run, also one that starts to listen later", async () => {
		const early = new Set<string>();
		const late = new Set<string>();
		const stop = its.there.onReleased(({ id, attempt }) => early.add(`${id} ${attempt}`));
		const run = await claim("r {1}");
		await write(run, 0, entries("a"));
		await release(run, 1);
		await eventually(() => early.size > 0, "the release");
		stop();
		its.here.onReleased(({ id, attempt }) => late.add(`${id} ${attempt}`));
		await eventually(() => late.size > 0, "the earlier release");
		expect([...early, ...late]).toEqual([`r {1} ${run.attempt}`, `r {1} ${run.attempt}`]);
	});

	it("a released run that nobody has adopted can be cancelled", async () => {
		const run = await claim("r");
		await release(run, 0);
		expect(await its.there.cancel("r", undefined, RULES.ttlMs)).toBe(true);
		expect(await its.there.settle("r")).toMatchObject({ state: "cancelled", isReleased: false });
		expect(await its.there.adopt("r", run.attempt, RULES)).toBeUndefined();
	});

	it("a released run that nobody adopts fails when its lease expires", async () => {
		const run = await claim("r");
		const { id, attempt, term } = run;
		const rules = { ...RULES, leaseMs: 1 };
		await its.here.write([{ id, attempt, term, after: 0, entries: [], release: true, rules }]);
		const status = await its.untilOver("r");
		expect(status).toMatchObject({ state: "failed", reason: "lost", isReleased: false });
		expect(await its.there.adopt("r", attempt, RULES)).toBeUndefined();
	});
}

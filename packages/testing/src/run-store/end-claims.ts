/** Claims about the end of a run: its lease, cancellation and TTL. */
import { expect, it } from "vitest";
import { eventually } from "../waiting.js";
import { DONE, entries, RULES, type RunStoreFixture } from "./run-store-fixture.js";

export function claimEnds(its: RunStoreFixture): void {
	const { claim, write } = its;

	it("a run whose lease has expired has failed, in every process, and refuses its producer", async () => {
		const run = await claim("r", { leaseMs: 1 });
		await eventually(() => Date.now() > run.startedAt + 10);
		const status = await its.untilOver("r");
		expect(status).toMatchObject({ state: "failed", reason: "lost", sequence: 1 });
		expect(await write(run, 0, entries("woken"))).toBeUndefined();
		const [last] = (await its.here.read("r", run.attempt, 1, 9)) ?? [];
		expect(last).toMatchObject({ event: "failed", end: "failed", data: '{"reason":"lost"}' });
	});

	it("a write after the lease has expired is refused, even if nobody has looked at the run", async () => {
		const run = await claim("r", { leaseMs: 1 });
		// What a store knows of its database's clock may be as late as the answer that brought it.
		const begun = performance.now();
		await eventually(() => performance.now() > begun + 2_000);
		expect(await write(run, 0, entries("woken"))).toBeUndefined();
		expect((await its.here.settle("r"))?.state).toBe("failed");
	});

	it("each write renews the lease, also one without entries", async () => {
		const run = await claim("r", { leaseMs: 30_000 });
		const before = (await its.there.settle("r"))?.leaseLeftMs ?? 0;
		expect(await write(run, 0, [], { leaseMs: 90_000 })).toBe(0);
		const after = (await its.there.settle("r"))?.leaseLeftMs ?? 0;
		expect(before).toBeLessThanOrEqual(30_000);
		expect(after).toBeGreaterThan(30_000);
	});

	it("a run is cancelled from any process, once, and its producer is notified", async () => {
		const heard: string[] = [];
		its.here.onCancelled((attempt) => heard.push(attempt));
		const run = await claim("r");
		await write(run, 0, entries("a"));
		// A line for JavaScript, but not for JSON.
		const reason = "enough\u2028of it";
		expect(await its.there.cancel("r", reason, RULES.ttlMs)).toBe(true);
		expect(await its.there.cancel("r", "again", RULES.ttlMs)).toBe(false);
		expect(await its.there.cancel("other", undefined, RULES.ttlMs)).toBe(false);
		await eventually(() => heard.length > 0, "the cancellation");
		expect(heard).toEqual([run.attempt]);
		expect(await write(run, 1, entries("b"))).toBeUndefined();
		expect(await its.here.settle("r")).toMatchObject({ state: "cancelled", reason });
		const read = await its.there.read("r", run.attempt, 2, 9);
		const data = JSON.stringify({ reason });
		expect(read).toEqual([{ event: "cancelled", data, end: "cancelled" }]);
	});

	it.each(["r", "chat:1"])(
		"the run %s is forgotten after its TTL, and makes room for another",
		async (id) => {
			const run = await claim(id, { ttlMs: 1 });
			await write(run, 0, [...entries("a"), DONE], { ttlMs: 1 });
			const isForgotten = async () => (await its.there.settle(id)) === undefined;
			await eventually(isForgotten, "the end of its TTL");
			expect(await its.here.read(id, run.attempt, 1, 9)).toBeUndefined();
			expect(await its.there.list(9)).toEqual([]);
			expect((await its.here.claim("other", { ...RULES, maxRuns: 1 })).isOwn).toBe(true);
		},
	);

	it("the newest runs are listed first, and no more than `maxRuns` are kept", async () => {
		for (const id of ["1", "2", "3"]) {
			await claim(id);
			// Runs started in the same millisecond have no order.
			const now = Date.now();
			await eventually(() => Date.now() > now);
		}
		expect((await its.there.list(2)).map(({ id }) => id)).toEqual(["3", "2"]);
		await expect(its.here.claim("4", { ...RULES, maxRuns: 3 })).rejects.toMatchObject({
			code: "ERR_SSE_MAX_RUNS",
			statusCode: 503,
		});
		expect((await its.here.claim("3", { ...RULES, maxRuns: 3 })).isOwn).toBe(false);
	});
}

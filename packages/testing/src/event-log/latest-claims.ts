/** Claims about groups that keep the newest event of each key. */
import { describe, expect, it } from "vitest";
import { dataOf, type EventLogFixture } from "./event-log-fixture.js";

export function describeLatestEvents(its: EventLogFixture): void {
	const { append, here, missed, start } = its;

	describe("a group with `latest`", () => {
		const latest = async (groups: readonly string[]): Promise<string[]> =>
			(await its.log.readLatest({ clientId: "ada", groups })).map(dataOf);

		it("returns the newest event of each key; events without a key replace each other", async () => {
			await start({ groups: { prices: { latest: true } } });
			const prices = { target: { group: "prices" } };
			await append("A1", { ...prices, key: "A" });
			await append("1", prices);
			await append("A2", { ...prices, key: "A" });
			await append("B1", { ...prices, key: "B" });
			await append("2", prices);
			await append("own", { target: { client: "ada", group: "prices" } });
			await append("other", { target: { group: "news" } });
			await append("B2", { target: { group: "prices", exceptClient: "ada" }, key: "B" });
			// To ada, who was excluded from B2, B1 is still the newest.
			expect(await latest(["prices", "news"])).toEqual(["A2", "B1", "2"]);
			expect(await latest(["news"])).toEqual([]);
			expect(its.log.keepsLatest("prices")).toBe(true);
			expect(its.log.keepsLatest("news")).toBe(false);
		});

		it("keeps them beyond `maxAgeMs`, but not beyond their own TTL", async () => {
			await start({ maxAgeMs: 1_000, groups: { prices: { latest: true } } });
			const prices = { target: { group: "prices" } };
			await append("A1", { ...prices, key: "A" });
			await append("B1", { ...prices, key: "B", ttlMs: 500 });
			await its.harness.pass(1_000);
			expect(await latest(["prices"])).toEqual(["A1"]);
		});

		it("may match a pattern, unless it has a rule of its own or matches a longer pattern", async () => {
			const groups = { "job:*": { latest: true }, "job:x:*": {}, "job:7": {} };
			await start({ groups: { ...groups, "job:x:9*": { latest: true } } });
			for (const data of ["old", "new"]) {
				for (const group of ["job:1", "job:2", "job:7", "job:x:1", "job:x:9", "jobs"]) {
					await append(`${group} ${data}`, { target: { group } });
				}
				await append(`to all ${data}`);
			}
			expect(await latest(["job:2", "job:7", "job:1", "job:x:1", "job:x:9", "jobs"])).toEqual([
				...["job:1 new", "job:2 new", "job:x:9 new"],
			]);
			expect(await latest(["job:1"])).toEqual(["job:1 new"]);
			expect(its.log.keepsLatest("job:2")).toBe(true);
			expect(its.log.keepsLatest("job:7")).toBe(false);
		});

		it("shares the limits of its pattern, which do not apply to events to everyone", async () => {
			await start({ groups: { "*": { latest: true, maxEvents: 2 } } });
			const after = here();
			for (const group of ["a", "b", "c", "b"]) await append(group, { target: { group } });
			for (let count = 0; count < 3; count++) await append("more for everyone");
			expect(await latest(["a", "b", "c"])).toEqual(["c", "b"]);
			expect(await missed(after)).toEqual(Array(3).fill("more for everyone"));
		});
	});
}

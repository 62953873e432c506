/** Claims about what a reader missed. */
import { describe, expect, it } from "vitest";
import { inTime } from "../waiting.js";
import { ADA, dataOf, type EventLogFixture } from "./event-log-fixture.js";

export function describeReaders(its: EventLogFixture): void {
	const { append, appendMany, here, missed, start } = its;

	describe("gives a reader", () => {
		it("all events to its client, its groups and everyone, in order, and nothing else", async () => {
			await start();
			const after = here();
			await append("everyone");
			await append("news", { target: { group: "news" } });
			await append("sports", { target: { group: "sports" } });
			await append("ada", { target: { client: "ada" } });
			await append("bob", { target: { client: "bob" } });
			await append("ada in news", { target: { client: "ada", group: "news" } });
			await append("ada in sports", { target: { client: "ada", group: "sports" } });
			await append("not ada", { target: { exceptClient: "ada" } });
			await append("not ada in news", { target: { group: "news", exceptClient: "ada" } });
			await append("not bob in news", { target: { group: "news", exceptClient: "bob" } });
			expect(await missed(after)).toEqual([
				"everyone",
				"news",
				"ada",
				"ada in news",
				"not bob in news",
			]);
			expect(await missed(after, { clientId: "ada", groups: [], ownGroups: ["news"] })).toEqual([
				"everyone",
				"ada",
				"ada in news",
			]);
		});

		it("nothing at the newest position, and nothing after the position it reads up to", async () => {
			await start();
			const after = here();
			const upTo = await append("1");
			await append("2");
			expect(await missed(after, ADA, upTo)).toEqual(["1"]);
			expect(await missed(here())).toEqual([]);
		});

		it("any number of events, page by page", async () => {
			await start();
			const after = here();
			for (const group of ["news", "sports"]) await appendMany(700, { target: { group } });
			await appendMany(700, { target: { client: "ada" } });
			const all = its.delivered.map(dataOf);
			expect(await missed(after)).toEqual([...all.slice(0, 700), ...all.slice(1_400)]);
		});

		it("no expired event, and all the others", async () => {
			await start();
			let after = here();
			const atFirst = await inTime(900, async () => {
				after = here();
				await append("short", { ttlMs: 1_000 });
				await append("long", { ttlMs: 600_000 });
				await append("never", { ttlMs: 0 });
				return missed(after);
			});
			expect(atFirst).toEqual(["short", "long"]);
			await its.harness.pass(1_000);
			expect(await missed(after)).toEqual(["long"]);
		});

		it("only the newest of the events with the same key and target", async () => {
			await start();
			const after = here();
			await append("1", { key: "A" });
			await append("2", { key: "B" });
			await append("3", { key: "A", target: { group: "news" } });
			await append("4", { key: "A" });
			await append("5");
			await append("6");
			expect(await missed(after)).toEqual(["2", "3", "4", "5", "6"]);
		});
	});
}

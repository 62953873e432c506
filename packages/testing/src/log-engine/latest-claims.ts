/** Claims about `latest`. */
import { describe, expect, it } from "vitest";
import { type EngineFixture, storing, textsOf } from "./engine-fixture.js";
import type { StoringOf } from "./engine-types.js";

export function describeLatest(its: EngineFixture): void {
	const { append, appendOne, open } = its;

	describe("the latest of a group", () => {
		const latest = (group: string, key: string, max = 10): Partial<StoringOf> => ({
			latest: { group, key, max },
		});

		it("are the newest of each key, in log order, even if the log is trimmed", async () => {
			await appendOne("A1", latest("prices", "A"));
			await appendOne("B1", latest("prices", "B"));
			await appendOne("none", latest("prices", ""));
			await appendOne("A2", latest("prices", "A"));
			await appendOne("C1", latest("other: grüppe", "C"));
			await appendOne("plain");
			await its.log.trim(6);
			const other = await open();
			for (const driver of [its.engine, other]) {
				const prices = await driver.latest("prices");
				expect(prices.map(({ text, sequence }) => [text, sequence])).toEqual([
					["B1", 2],
					["none", 3],
					["A2", 4],
				]);
				expect(textsOf(await driver.latest("other: grüppe"))).toEqual(["C1"]);
				expect(await driver.latest("nobody's")).toEqual([]);
			}
		});

		it("have the sequence, tag and time they were stored with", async () => {
			const entry = storing("a\n b c", latest("prices", "A"));
			const [at] = await append([entry]);
			const [stored] = await its.engine.latest("prices");
			expect(stored).toMatchObject({ sequence: at?.sequence, tag: at?.tag, text: entry.text });
			expect(stored?.at).toBe((await its.engine.read(1, 1))[0]?.at);
		});

		it("are at most `max`, and the oldest are dropped first", async () => {
			for (const key of ["A", "B", "C"]) await appendOne(key, latest("prices", key, 3));
			await appendOne("A again", latest("prices", "A", 3));
			await appendOne("D", latest("prices", "D", 3));
			expect(textsOf(await its.engine.latest("prices"))).toEqual(["C", "A again", "D"]);
			await append(
				Array.from({ length: 100 }, (_, key) => storing(`${key}`, latest("prices", `${key}`, 3))),
			);
			expect(textsOf(await its.engine.latest("prices"))).toEqual(["97", "98", "99"]);
		});

		it("are lost with the log", async () => {
			await append([storing("A", latest("prices", "A")), storing("B", latest("prices", "B"))]);
			await its.log.lose();
			expect(await its.engine.latest("prices")).toEqual([]);
			await appendOne("C", latest("prices", "C"));
			expect(textsOf(await its.engine.latest("prices"))).toEqual(["C"]);
		});
	});
}

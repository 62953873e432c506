/** Claims about `read`. */
import { describe, expect, it } from "vitest";
import { type EngineFixture, storingMany, textsOf } from "./engine-fixture.js";

export function describeRead(its: EngineFixture): void {
	const { append, appendOne } = its;

	describe("read", () => {
		it("starts at the sequence it is given (inclusive), and returns at most `limit` entries", async () => {
			const entries = storingMany(30);
			await append(entries);
			expect(textsOf(await its.engine.read(11, 10))).toEqual(textsOf(entries.slice(10, 20)));
			expect(textsOf(await its.engine.read(30, 10))).toEqual(["29"]);
			expect(await its.engine.read(31, 10)).toEqual([]);
		});

		it("returns sequence, tag, time and previous tag of each entry", async () => {
			const entries = storingMany(3);
			const answers = await append(entries);
			const stored = await its.engine.read(1, 10);
			expect(stored).toMatchObject(
				answers.map(({ sequence, tag }, index) => ({
					sequence,
					tag,
					text: entries[index]?.text,
				})),
			);
			const ownTags = stored.map(({ tag, ownTag = tag }) => ownTag);
			expect(ownTags).toEqual(entries.map(({ tag }) => tag));
			for (const [index, { previousTag }] of stored.entries()) {
				if (previousTag !== undefined) {
					expect(previousTag).toBe(index === 0 ? "0" : answers[index - 1]?.tag);
				}
			}
			const times = stored.map(({ at }) => at);
			expect(times).toEqual([...times].sort((a, b) => a - b));
			// Both clocks are this machine's.
			for (const at of times) expect(Math.abs(Date.now() - at)).toBeLessThan(3_600_000);
		});

		it("skips trimmed entries, and nothing else", async () => {
			await append(storingMany(500));
			await its.log.trim(200);
			const [first, ...rest] = await its.engine.read(1, 10);
			expect(first).toMatchObject({ sequence: 201, text: "200" });
			expect(rest).toHaveLength(9);
			expect(await its.engine.newest()).toMatchObject({ sequence: 500 });
			expect(await appendOne("next")).toMatchObject({ sequence: 501 });
		});

		it("returns nothing when everything was trimmed, and the numbers continue", async () => {
			await append(storingMany(10));
			await its.log.trim(10);
			expect(await its.engine.read(1, 10)).toEqual([]);
			const at = await appendOne("next");
			expect(at).toMatchObject({ sequence: 11 });
			expect(await its.engine.read(1, 10)).toMatchObject([{ sequence: 11, tag: at.tag }]);
		});
	});
}

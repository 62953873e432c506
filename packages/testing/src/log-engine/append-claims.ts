/** Claims about `append`. */
import { describe, expect, it } from "vitest";
import {
	type EngineFixture,
	MANY,
	newestOf,
	storing,
	storingMany,
	textsOf,
} from "./engine-fixture.js";

export function describeAppend(its: EngineFixture): void {
	const { append, appendOne, open } = its;

	describe("append", () => {
		it("answers the position of each entry, from 1, without gaps", async () => {
			const { epoch } = await its.engine.newest();
			const entries = storingMany(5);
			const expected = entries.map((_, index) => ({ epoch, sequence: index + 1, isNew: true }));
			expect(await append(entries)).toMatchObject(expected);
			const { tag, ...next } = await appendOne("next");
			expect(next).toMatchObject({ epoch, sequence: 6 });
			expect(await newestOf(its.engine)).toEqual({ epoch, sequence: 6, tag });
		});

		it("of an empty list answers an empty list", async () => {
			expect(await its.engine.append([])).toEqual([]);
		});

		it("accepts any number of entries and keeps their order", async () => {
			const entries = storingMany(MANY);
			const answers = await append(entries);
			expect(answers.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index + 1));
			expect(textsOf(await its.engine.read(1, MANY))).toEqual(textsOf(entries));
		});

		it("stores any text unchanged", async () => {
			const texts = [
				"",
				" ",
				"a\nb\r\n\tc",
				"\u0000",
				"ä€😀",
				'{"a":"\\"b\\""}',
				"x".repeat(1_000_000),
			];
			await append(texts.map((text) => storing(text)));
			expect(textsOf(await its.engine.read(1, texts.length))).toEqual(texts);
		});

		it("keeps the order of calls that do not wait for each other", async () => {
			const calls = Array.from({ length: 50 }, (_, index) => storingMany(20, `${index}.`));
			await Promise.all(calls.map((entries) => append(entries)));
			expect(textsOf(await its.engine.read(1, 1_000))).toEqual(textsOf(calls.flat()));
		});

		it("by several drivers at once leaves no gaps in the numbers, and keeps the order of each driver", async () => {
			const drivers = [its.engine, await open(), await open()];
			const calls = drivers.map((driver, index) => ({
				driver,
				batches: Array.from({ length: 20 }, (_, batch) => storingMany(10, `${index}.${batch}.`)),
			}));
			const answers = await Promise.all(
				calls.flatMap(({ driver, batches }) => batches.map((entries) => append(entries, driver))),
			);
			const sequences = answers.flat().map(({ sequence }) => sequence);
			expect(sequences.sort((a, b) => a - b)).toEqual(
				Array.from({ length: 600 }, (_, index) => index + 1),
			);
			const texts = textsOf(await its.engine.read(1, 600));
			for (const [index, { batches }] of calls.entries()) {
				expect(texts.filter((text) => text.startsWith(`${index}.`))).toEqual(
					textsOf(batches.flat()),
				);
			}
		});

		it("with a known idempotency key stores nothing and answers the first position", async () => {
			// A line for JavaScript, but not for the wire.
			const ownId = "own\u2028id";
			const first = await appendOne("1", { idempotencyKey: "once", ownId });
			expect(first).toMatchObject({ sequence: 1, isNew: true });
			const again = { ...first, ownId, isNew: false };
			expect(await appendOne("2", { idempotencyKey: "once", ownId: "other" })).toEqual(again);
			const other = await open();
			expect(await append([storing("3", { idempotencyKey: "once" })], other)).toEqual([again]);
			expect(await appendOne("4", { idempotencyKey: "twice" })).toMatchObject({ sequence: 2 });
			expect(textsOf(await its.engine.read(1, 10))).toEqual(["1", "4"]);
		});

		it("recognizes an idempotency key within one call, and answers each other entry its own position", async () => {
			const answers = await append([
				storing("1"),
				storing("2", { idempotencyKey: "a: key, of ütf-8" }),
				storing("3", { idempotencyKey: "a: key, of ütf-8" }),
				storing("4"),
			]);
			expect(answers.map(({ sequence, isNew }) => [sequence, isNew])).toEqual([
				[1, true],
				[2, true],
				[2, false],
				[3, true],
			]);
		});

		it("with an idempotency key stores once when several drivers race", async () => {
			const drivers = [its.engine, await open(), await open()];
			const answers = await Promise.all(
				drivers.flatMap((driver) =>
					Array.from({ length: 5 }, () =>
						append([storing("1", { idempotencyKey: "once" })], driver),
					),
				),
			);
			expect(answers.flat().filter(({ isNew }) => isNew)).toHaveLength(1);
			expect(new Set(answers.flat().map(({ tag }) => tag)).size).toBe(1);
			expect(await its.engine.newest()).toMatchObject({ sequence: 1 });
		});
	});
}

/** Claims about appending and delivering. */
import { describe, expect, it } from "vitest";
import { eventually } from "../waiting.js";
import { dataOf, type EventLogFixture } from "./event-log-fixture.js";
import type { LogRecordOf } from "./event-log-types.js";

export function describeDelivery(its: EventLogFixture): void {
	const { append, appendMany, here, open, start } = its;

	describe("delivers", () => {
		it("what is appended, in order, each event once, without gaps in the numbers", async () => {
			await start();
			const before = here().sequence;
			const begun = performance.now();
			await appendMany(300);
			const sequences = its.delivered.map(({ position }) => position.sequence);
			expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
			// A log that processes share proves every two seconds that it stores, which takes a number.
			const proofs = its.harness.isExact ? 0 : 2 + (performance.now() - begun) / 1_000;
			expect((sequences.at(-1) ?? 0) - before - 300).toBeLessThanOrEqual(proofs);
			expect(new Set(its.delivered.map(dataOf)).size).toBe(300);
		});

		it("an event that is appended during a delivery after that delivery", async () => {
			const events: string[] = [];
			await open((record) => {
				const data = dataOf(record);
				events.push(`${data} begins`);
				if (data.length < 3) void its.log.append({ target: {}, fields: { data: `${data}+` } });
				events.push(`${data} ends`);
			});
			await its.log.append({ target: {}, fields: { data: "1" } });
			await eventually(() => events.length === 6, "three deliveries");
			expect(events).toEqual(
				["1", "1+", "1++"].flatMap((data) => [`${data} begins`, `${data} ends`]),
			);
		});

		it("an event to the function it was appended with, in its turn, instead of to the host", async () => {
			const data: string[] = [];
			await open((record) => data.push(`host: ${dataOf(record)}`));
			const own = (record: LogRecordOf): void => void data.push(`own: ${dataOf(record)}`);
			await its.log.append({ target: {}, fields: { data: "1" } });
			await its.log.append({ target: {}, fields: { data: "2" } }, own);
			await its.log.append({ target: {}, fields: { data: "3" } });
			await eventually(() => data.length === 3, "three deliveries");
			expect(data).toEqual(["host: 1", "own: 2", "host: 3"]);
		});

		it("nothing after it is closed", async () => {
			await start();
			await append("1");
			await its.log.close();
			await expect(append("2")).rejects.toMatchObject({ code: "ERR_SSE_SERVICE_CLOSED" });
			expect(its.delivered.map(dataOf)).toEqual(["1"]);
		});
	});

	describe("append", () => {
		it("answers the position that the event is delivered with", async () => {
			await start();
			const position = await append("1");
			expect(its.delivered[0]?.position).toEqual(position);
			expect(here()).toEqual(position);
		});

		it("with the same idempotency key appends once, and answers the first position", async () => {
			await start();
			const first = await append("1", { idempotencyKey: "once" });
			await append("2");
			expect(await append("3", { idempotencyKey: "once" })).toEqual(first);
			await append("4", { idempotencyKey: "other" });
			expect(its.delivered.map(dataOf)).toEqual(["1", "2", "4"]);
		});
	});

	it("reports how many events and bytes it holds", async () => {
		await start();
		expect(its.log.stats().events).toBe(0);
		await append("x".repeat(10_000));
		expect(its.log.stats().events).toBe(1);
		expect(its.log.stats().bytes).toBeGreaterThanOrEqual(10_000);
	});
}

/** Claims about the log as a whole: its identity, and what becomes of it. */
import { describe, expect, it } from "vitest";
import { settled } from "../waiting.js";
import { type EngineFixture, newestOf, storingMany, textsOf } from "./engine-fixture.js";

export function describeLogs(its: EngineFixture): void {
	const { append, appendOne, follow, open } = its;

	describe("a log", () => {
		it("starts empty, with an epoch that every driver sees", async () => {
			const position = await newestOf(its.engine);
			expect(position).toMatchObject({ sequence: 0, tag: "0" });
			expect(position.epoch).toMatch(/^[\w-]{1,21}$/);
			const others = await Promise.all([open(), open()]);
			for (const other of others) expect(await newestOf(other)).toEqual(position);
			expect(await its.engine.read(1, 10)).toEqual([]);
		});

		it("has one epoch when several drivers create it at the same time", async () => {
			await its.renew();
			const drivers = await Promise.all([open(), open(), open()]);
			const epochs = await Promise.all(
				drivers.map(async (driver) => (await driver.newest()).epoch),
			);
			expect(new Set(epochs).size).toBe(1);
		});

		it("is unchanged when a driver opens it again", async () => {
			await appendOne("1");
			const position = await newestOf(its.engine);
			await its.engine.open(() => {});
			expect(await newestOf(its.engine)).toEqual(position);
		});

		it("if it reports a clock, reports the one that dates its events", async () => {
			const before = await its.engine.newest();
			await appendOne("1");
			const [stored] = await its.engine.read(1, 1);
			const { now = stored?.at ?? 0 } = await its.engine.newest();
			expect(stored?.at).toBeGreaterThanOrEqual(before.now ?? 0);
			expect(Math.abs(now - (stored?.at ?? 0))).toBeLessThan(60_000);
		});

		it("shares nothing with another log", async () => {
			await appendOne("1");
			const first = its.engine;
			await its.renew();
			expect(await its.engine.newest()).toMatchObject({ sequence: 0 });
			expect((await its.engine.newest()).epoch).not.toBe((await first.newest()).epoch);
		});
	});

	describe("a log that is lost", () => {
		it("gets a new epoch and starts again at sequence 1", async () => {
			const { epoch } = await its.engine.newest();
			await append(storingMany(20));
			await appendOne("key", { idempotencyKey: "once" });
			await its.log.lose();
			const position = await its.engine.newest();
			expect(position).toMatchObject({ sequence: 0, tag: "0" });
			expect(position.epoch).not.toBe(epoch);
			expect(await its.engine.read(1, 10)).toEqual([]);
			const at = await appendOne("key", { idempotencyKey: "once" });
			expect(at).toMatchObject({ epoch: position.epoch, sequence: 1, isNew: true });
			expect(await (await open()).newest()).toMatchObject({ epoch: position.epoch, sequence: 1 });
		});

		it("is recreated by an append, whose answer has the new epoch", async () => {
			const { epoch } = await its.engine.newest();
			await append(storingMany(20));
			await its.log.lose();
			const at = await appendOne("1");
			expect(at).toMatchObject({ sequence: 1, isNew: true });
			expect(at.epoch).not.toBe(epoch);
			expect(await newestOf(its.engine)).toEqual({ epoch: at.epoch, sequence: 1, tag: at.tag });
		});
	});

	it("loses nothing when it tidies up", async () => {
		const entries = storingMany(100);
		await append(entries);
		await its.engine.tidy?.();
		expect(textsOf(await its.engine.read(1, 100))).toEqual(textsOf(entries));
	});

	it("ends its followers when it is closed, and may be closed twice", async () => {
		const follower = follow(0);
		await appendOne("1");
		await follower.until(1);
		await its.engine.close();
		await settled(
			follower.ended.catch(() => {}),
			"the end of the follower",
		);
		await its.engine.close();
	});
}

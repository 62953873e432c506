/** Claims about `follow`. */
import { describe, expect, it } from "vitest";
import { measureIdle } from "../idle-time.js";
import { eventually, settled } from "../waiting.js";
import { type EngineFixture, MANY, storingMany } from "./engine-fixture.js";
import type { StoredOf } from "./engine-types.js";

export function describeFollow(its: EngineFixture): void {
	const { append, appendOne, follow, open } = its;

	describe("follow", () => {
		it("hands over stored events, then new ones, in order, each once", async () => {
			await append(storingMany(MANY, "a"));
			const follower = follow(100);
			await follower.until(MANY);
			for (let index = 0; index < 20; index++) await append(storingMany(10, `b${index}.`));
			await follower.until(MANY + 200);
			expect(follower.sequences).toEqual(
				Array.from({ length: MANY + 100 }, (_, index) => 101 + index),
			);
			expect(follower.stored).toEqual(await its.engine.read(101, MANY + 100));
		});

		it("starts in an empty log, or at the newest event", async () => {
			const fromStart = follow(0);
			await appendOne("1");
			await fromStart.until(1);
			const fromNewest = follow(1);
			await appendOne("2");
			await fromNewest.until(2);
			expect(fromNewest.sequences).toEqual([2]);
			expect(fromStart.sequences).toEqual([1, 2]);
		});

		it("calls `take` at once with an empty list if the log is empty", async () => {
			const controller = new AbortController();
			const taken: (readonly StoredOf[])[] = [];
			const ended = its.engine.follow(0, (stored) => taken.push(stored), controller.signal);
			await eventually(() => taken.length > 0, "the first call");
			expect(taken[0]).toEqual([]);
			controller.abort();
			await settled(ended, "the end");
		});

		it("skips nothing while several drivers append, and every follower sees the same order", async () => {
			const drivers = [its.engine, await open(), await open()];
			const followers = drivers.map((driver) => follow(0, driver));
			await Promise.all(
				drivers.flatMap((driver, index) =>
					Array.from({ length: 100 }, (_, batch) =>
						append(storingMany(5, `${index}.${batch}.`), driver),
					),
				),
			);
			for (const follower of followers) await follower.until(1_500);
			const [first, ...others] = followers.map(({ stored }) => stored.map(({ tag }) => tag));
			expect(first).toHaveLength(1_500);
			for (const other of others) expect(other).toEqual(first);
		});

		it("ends without an error when its signal aborts, and hands nothing over afterwards", async () => {
			const follower = follow(0);
			await appendOne("1");
			await follower.until(1);
			const idle = measureIdle();
			await follower.stop();
			// It does not wait for an event, or for the engine.
			expect(idle()).toBeLessThan(1_000);
			await appendOne("2");
			const next = follow(1);
			await next.until(2);
			expect(follower.sequences).toEqual([1]);
		});

		it("ends when its signal aborts before it has started", async () => {
			await appendOne("1");
			for (const turns of [0, 1, 5]) {
				const follower = follow(0);
				for (let turn = 0; turn < turns; turn++) await Promise.resolve();
				await follower.stop();
			}
		});

		it("rejects when its connection breaks, and can then be called again", async () => {
			const follower = follow(0);
			await appendOne("1");
			await follower.until(1);
			await its.log.cut();
			await expect(follower.ended).rejects.toBeInstanceOf(Error);
			await appendOne("2");
			const next = follow(1);
			await next.until(2);
			expect(next.sequences).toEqual([2]);
		});

		it("rejects with the error that `take` throws", async () => {
			const controller = new AbortController();
			const take = (): void => {
				throw new Error("not to my taste");
			};
			// It may end before the append has been answered.
			const ended = expect(
				settled(its.engine.follow(0, take, controller.signal), "the end"),
			).rejects.toThrow("not to my taste");
			await appendOne("1");
			await ended;
		});
	});
}

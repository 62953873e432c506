/** Claims about watching a run. */
import { expect, it } from "vitest";
import { eventually, settled } from "../waiting.js";
import { entries, RULES, type RunStoreFixture } from "./run-store-fixture.js";

export function claimWatching(its: RunStoreFixture): void {
	const { claim, write } = its;

	it("a watcher is called for its run, in every process, and not for each entry of another run", async () => {
		const WRITES = 50;
		let changes = 0;
		let others = 0;
		const run = await claim("r");
		const other = await claim("other");
		const stop = its.there.watch(run, () => changes++);
		its.there.watch(other, () => others++);
		await its.there.read("r", run.attempt, 1, 9);
		await its.there.read("other", other.attempt, 1, 9);
		for (let i = 0; i < WRITES; i++) await write(run, i, entries(String(i)));
		await eventually(() => changes > 0, "a change");
		await eventually(
			async () => (await its.there.read("r", run.attempt, WRITES, 9))?.length === 1,
			"the last entry",
		);
		stop();
		expect(others).toBeLessThan(WRITES / 2);
	});

	it("a watcher misses no change between two reads, whatever the timing", async () => {
		const run = await claim("r");
		const EVENTS = 200;
		const reading = (async () => {
			const received: string[] = [];
			let ring: () => void = () => {};
			let rung = false;
			its.there.watch(run, () => {
				rung = true;
				ring();
			});
			while (received.length < EVENTS) {
				rung = false;
				const page = (await its.there.read("r", run.attempt, received.length + 1, 7)) ?? [];
				received.push(...page.map(({ data }) => data));
				if (page.length === 0 && !rung) {
					await new Promise<void>((resolve) => {
						ring = resolve;
					});
				}
			}
			return received;
		})();
		for (let i = 0; i < EVENTS; i++) await write(run, i, entries(String(i)));
		expect(await reading).toEqual(Array.from({ length: EVENTS }, (_, i) => String(i)));
	});

	it("a watcher is called when its run ends in another process, and reads the end", async () => {
		const run = await claim("r");
		await write(run, 0, entries("a"));
		let ring: () => void = () => {};
		const rung = new Promise<void>((resolve) => {
			ring = resolve;
		});
		its.there.watch(run, () => ring());
		expect(await its.there.read("r", run.attempt, 1, 9)).toHaveLength(1);
		await its.here.cancel("r", undefined, RULES.ttlMs);
		await settled(rung, "the end to be noticed");
		await eventually(
			async () => (await its.there.read("r", run.attempt, 2, 9))?.length === 1,
			"the end to be read",
		);
		const [end] = (await its.there.read("r", run.attempt, 2, 9)) ?? [];
		expect(end).toEqual({ event: "cancelled", data: "{}", end: "cancelled" });
	});
}

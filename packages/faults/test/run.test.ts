/**
 * Short runs, with the same faults each time. Longer ones: `pnpm test:faults`.
 */
import { describe, expect, it } from "vitest";
import { reportOf } from "../src/report.js";
import { run } from "../src/run.js";
import { hasStore } from "../src/store.js";

const RUNS = [
	{ engine: "redis", only: ["kill", "cut", "disconnect", "trim", "failover", "flush", "restart"] },
	{ engine: "nats", only: ["kill", "cut", "delete-consumers", "purge", "crash", "delete"] },
] as const;

const OPTIONS = { seed: 1, maxEvents: 100_000, clients: 200, eventsPerSecond: 60, print: () => {} };

for (const { engine, only } of RUNS) {
	describe.skipIf(!hasStore(engine))(`three processes on one log in ${engine}`, () => {
		it("hold what is promised to 200 clients, though one thing after the other breaks", async () => {
			const outcome = await run({ ...OPTIONS, engine, only, forMs: 15_000 });
			expect(outcome.violations, reportOf(outcome)).toEqual([]);
			expect(outcome.received).toBeGreaterThan(10 * outcome.sent);
		});
	});
}

describe.skipIf(!hasStore("redis"))("a run", () => {
	it("finds out that processes do not deliver all that they have", async () => {
		const flawed = { ...OPTIONS, isForgetful: true, only: ["cut"], forMs: 2_000 };
		const outcome = await run({ ...flawed, engine: "redis" });
		// What is not delivered may be the event that has to reach everyone, which is seen first.
		const found = outcome.violations.map(({ rule }) => rule).filter((rule) => rule !== "live");
		expect(["missed", "state"], reportOf(outcome)).toContain(found[0]);
	});
});

/**
 * Short runs, with the same faults each time. Longer ones: `pnpm test:faults`.
 */
import { isLongRun, sizeOf } from "@sse-service/testing";
import { describe, expect, it } from "vitest";
import { reportOf } from "../src/report.js";
import { run } from "../src/run.js";
import { hasStore } from "../src/stores/start-store.js";

const RUNS = [
	{ engine: "redis", only: ["kill", "disconnect", "trim", "failover", "flush"] },
	{ engine: "nats", only: ["kill", "delete-consumers", "purge", "crash", "delete"] },
] as const;

/** Each with what leads to it, and the rules that it violates. */
const FLAWS = [
	{ flaw: "forgetful", only: ["cut"], rules: ["missed", "state"] },
	{ flaw: "repeating", only: ["cut"], rules: ["twice"] },
	{ flaw: "stateless", only: ["failover"], rules: ["state"] },
	// The processes are asked at the end of a run, once: it would be found however long they were asked.
	{
		flaw: "absent",
		only: ["disconnect"],
		rules: ["presence"],
		forMs: 0,
		isPresenceAskedOnce: true,
	},
	{ flaw: "unrecovered", only: ["flush"], rules: ["continuity"] },
] as const;

/** Those that show so seldom that a run needs minutes to find them. The rules are tested in `checker.test.ts`. */
const RARE_FLAWS = [
	{ flaw: "silent", only: ["failover"], rules: ["continuity", "order"] },
	{ flaw: "deaf", only: ["cut"], rules: ["missed", "foreign"] },
	{ flaw: "outdated", only: ["hold"], rules: ["missed", "foreign"] },
	{ flaw: "undone", only: ["cut"], rules: ["missed", "foreign"] },
	{ flaw: "suspicious", only: ["kill"], rules: ["gap"] },
] as const;

const CLIENTS = sizeOf({ usual: 30, long: 100 });

const OPTIONS = {
	seed: 1,
	maxEvents: 100_000,
	eventsPerSecond: sizeOf({ usual: 30, long: 60 }),
	print: () => {},
};

for (const { engine, only } of RUNS) {
	describe.skipIf(!hasStore(engine))(`three processes on one log in ${engine}`, () => {
		it(`keep their promises to ${CLIENTS} clients while one fault follows another`, async () => {
			const outcome = await run({ ...OPTIONS, clients: CLIENTS, engine, only, forMs: 10_000 });
			expect(outcome.violations, reportOf(outcome)).toEqual([]);
			expect(outcome.received).toBeGreaterThan((CLIENTS / 10) * outcome.sent);
			expect(outcome.evidence.receipt).toBeLessThan(outcome.evidence.log / 10);
		});
	});
}

// One after the other: a run sends and delivers for as long as it lasts, and side by side each lasts longer.
describe.skipIf(!hasStore("redis"))("a run finds a log that is", () => {
	for (const { flaw, only, rules, ...others } of isLongRun ? [...FLAWS, ...RARE_FLAWS] : FLAWS) {
		it(flaw, async () => {
			const options = {
				...OPTIONS,
				clients: sizeOf({ usual: 20, long: 40 }),
				// What they have not read yet is waited for in every round.
				slowOfTen: sizeOf({ usual: 0, long: 1 }),
				engine: "redis",
				only,
				flaw,
				// A busy machine may send little within a fixed time, so the run lasts until it finds something.
				forMs: Number.POSITIVE_INFINITY,
				...others,
			} as const;
			const outcome = await run(options);
			// What is not delivered may be the event that has to reach everyone, which is seen first.
			const found = outcome.violations.map(({ rule }) => rule).filter((rule) => rule !== "live");
			expect(rules, reportOf(outcome)).toContain(found[0]);
		});
	}
});

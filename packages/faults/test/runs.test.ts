/**
 * Runs in real processes, over real engines, while one thing after the other breaks; and with a flaw in their store, which must be
 * found. The machine may be busy: limits are in the time of a clock that stands still while it starves the processes.
 */

import { sizeOf } from "@sse-service/testing";
import { natsServerPath } from "@sse-service/testing/nats-server";
import { redisServerPath } from "@sse-service/testing/redis-server";
import { describe, expect, it } from "vitest";
import { RUN_FLAWS, type RunFlaw } from "../src/runs/run-flaws.js";
import { type RunsOptions, runRuns } from "../src/runs/run-runs.js";

const OPTIONS = {
	seed: 20,
	forMs: 0,
	runs: 4,
	readers: 2,
	tokens: 50,
	leaseMs: 2_000,
	print: () => {},
} satisfies Partial<RunsOptions>;

const FLAWS: Readonly<Record<RunFlaw, readonly [only: string, ...rules: string[]]>> = {
	skips: ["calm", "content", "order"],
	repeats: ["calm", "content", "order"],
	silent: ["kill", "hang"],
	early: ["kill", "end"],
	unfenced: ["freeze", "content", "producers", "order", "end"],
	shared: ["calm", "claim"],
	uncancelled: ["calm", "cancel"],
	forgetful: ["calm", "gap"],
	unmarked: ["failover-hand-over", "agreement"],
};

const usual: readonly RunFlaw[] = ["shared"];

describe.skipIf(redisServerPath === undefined || natsServerPath === undefined)("runs", () => {
	it.each([
		["redis", ["failover-cancel"]],
		["nats", ["kill"]],
	] as const)(
		"over %s bring every event once and in order up to the end, or say that they cannot",
		async (engine, only) => {
			const outcome = await runRuns({
				...OPTIONS,
				engine,
				only: sizeOf({ usual: only, long: undefined }),
				forMs: sizeOf({ usual: 0, long: 60_000 }),
			});
			expect(outcome.violations, outcome.report).toEqual([]);
			expect(outcome.received.events).toBeGreaterThan(0);
		},
	);

	it.each(sizeOf({ usual, long: RUN_FLAWS }))("a store with a flaw is found: %s", async (flaw) => {
		const [only, ...rules] = FLAWS[flaw];
		const outcome = await runRuns({
			...OPTIONS,
			engine: "redis",
			only: [only],
			flaw,
			// Until it finds something: a process that is killed may have no run at that moment.
			forMs: Number.POSITIVE_INFINITY,
			runs: sizeOf({ usual: 4, long: 12 }),
		});
		const found = outcome.violations.filter(({ rule }) => rules.includes(rule));
		expect(found.length, outcome.report).toBeGreaterThan(0);
	});
});

/**
 * Whatever happens, each client has every event that was for it, once and in order, or one gap where some are missing.
 * Generated scripts of sends, disconnects, returns with ids of any age or from the start, slow readers, restarts and time are played to a
 * service with a small history, and to the simplest model of what it should do.
 *
 * `SSE_MODEL_RUNS` sets how many are played, `SSE_MODEL_SEED` which, `SSE_MODEL_TRANSPORT` over what (`network` or `memory`);
 * a failure names the seed, and the shortest script that fails.
 */
import { sizeOf } from "@sse-service/testing";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { script } from "./script.js";
import type { Transport } from "./wire.js";
import { play } from "./world.js";

const { SSE_MODEL_RUNS, SSE_MODEL_SEED, SSE_MODEL_TRANSPORT, SSE_MODEL_PATH } = process.env;
const seed = SSE_MODEL_SEED === undefined ? undefined : Number(SSE_MODEL_SEED);
const transports: readonly Transport[] =
	SSE_MODEL_TRANSPORT === undefined
		? ["memory", "network"]
		: [SSE_MODEL_TRANSPORT === "network" ? "network" : "memory"];
// A long run looks for what few scripts reach.
const numRuns = Number(SSE_MODEL_RUNS ?? sizeOf({ usual: 20, long: 1_000 }));

beforeAll(() => {
	vi.useFakeTimers({ toFake: ["Date"] });
});
afterAll(() => {
	vi.useRealTimers();
});

it.each(transports)(
	"over the %s, what each client sees is what the model says",
	async (transport) => {
		let played = 0;
		await fc.assert(
			fc.asyncProperty(script, async (steps) => {
				await play(steps, transport);
				played++;
			}),
			{
				numRuns,
				...(seed !== undefined && { seed }),
				...(SSE_MODEL_PATH !== undefined && { path: SSE_MODEL_PATH }),
			},
		);
		// A path is one sequence, and what it shrinks to.
		if (SSE_MODEL_PATH === undefined) expect(played).toBe(numRuns);
	},
);

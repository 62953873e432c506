/**
 * The event log takes about as much memory as it reports, so that a limit in bytes is accurate.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { sizeOf } from "@sse-service/testing";
import { expect, it } from "vitest";

/** How many of a case's events are sent: fewer than these, and what is there once counts. */
const countOf = (count: number): number =>
	sizeOf({ usual: Math.min(count / 5, 10_000), long: count });
const SCRIPT = join(import.meta.dirname, "history-memory.mjs");

const CASES = [
	["all", 100_000, 10],
	["all", 5_000, 20_000],
	["group", 100_000, 200],
	["client", 50_000, 200],
	["client in a group", 50_000, 200],
	["client with a long name in a group with a long name", 50_000, 200],
	["key", 100_000, 10],
	["key", 50_000, 1_000],
	["key, not to a client", 50_000, 200],
	["state, given to a newcomer", 20_000, 1_000],
] as const;

it.each(CASES.map(([kind, count, size]) => [kind, countOf(count), size] as const))(
	"%s, %i events of %i bytes take at most 1.3 times what it says",
	async (kind, count, size) => {
		const { stdout } = await promisify(execFile)(process.execPath, [
			"--expose-gc",
			SCRIPT,
			kind,
			String(count),
			String(size),
		]);
		const { taken, said } = JSON.parse(stdout);
		expect(said).toBeGreaterThan(count * size * 0.5);
		expect(taken / said).toBeLessThan(1.3);
		// Nor does it say much too much: then it would keep less than it may.
		expect(taken / said).toBeGreaterThan(0.7);
	},
);

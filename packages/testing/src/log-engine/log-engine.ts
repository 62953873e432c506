/**
 * What every engine of an event log promises to the core: text in, the same text out, in one order for all.
 */
import { describe } from "vitest";
import { describeAppend } from "./append-claims.js";
import { useEngine } from "./engine-fixture.js";
import type { LogEngineHarness } from "./engine-types.js";
import { describeFollow } from "./follow-claims.js";
import { describeLatest } from "./latest-claims.js";
import { describeLogs } from "./log-claims.js";
import { describePosted } from "./posted-claims.js";
import { describeRead } from "./read-claims.js";

export type { LogEngineHarness, LogOfEngine } from "./engine-types.js";

/** Runs the claims over one kind of engine. Call it at the top level of a test file. */
export function describeLogEngine(name: string, harness: LogEngineHarness): void {
	describe(name, () => {
		const its = useEngine(harness);
		describeLogs(its);
		describeAppend(its);
		describeRead(its);
		describeFollow(its);
		describeLatest(its);
		describePosted(its);
	});
}

/**
 * What every run store promises, wherever it keeps runs.
 */
import { describe } from "vitest";
import { claimEnds } from "./end-claims.js";
import { claimHandOver } from "./hand-over-claims.js";
import { useRunStore } from "./run-store-fixture.js";
import type { RunStoreHarness } from "./run-store-types.js";
import { claimWatching } from "./watch-claims.js";
import { claimWrites } from "./write-claims.js";

export type { RunStoreHarness, TestedRunStore } from "./run-store-types.js";

/** Runs the claims over one kind of store. Call it at the top level of a test file. */
export function describeRunStore(name: string, harness: RunStoreHarness): void {
	describe(`a run store: ${name}`, () => {
		const its = useRunStore(harness);
		claimWrites(its);
		claimEnds(its);
		claimHandOver(its);
		claimWatching(its);
	});
}

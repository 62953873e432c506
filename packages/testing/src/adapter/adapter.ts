/**
 * What every adapter promises, run over each version of its framework: real servers, real clients.
 */
import { describe } from "vitest";
import { useAdapter } from "./adapter-fixture.js";
import type { AdapterHarness } from "./adapter-types.js";
import { claimClosing } from "./close-claims.js";
import { claimResponses } from "./response-claims.js";
import { claimServices } from "./service-claims.js";
import { claimStreams } from "./stream-claims.js";

export type {
	AdapterConnection,
	AdapterContext,
	AdapterHarness,
	AdapterService,
	AdapterSetup,
	Middleware,
	RunningAdapter,
} from "./adapter-types.js";

/** Runs the claims over one version of a framework. Call it at the top level of a test file. */
export function describeAdapter(name: string, harness: AdapterHarness): void {
	describe(name, () => {
		const its = useAdapter(name, harness);
		claimResponses(its);
		claimStreams(its);
		claimClosing(its);
		claimServices(its);
	});
}

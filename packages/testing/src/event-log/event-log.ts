/**
 * What every event log promises, in memory or on an engine. Nothing here assumes that a log answers at once.
 */
import { describe } from "vitest";
import { describeDelivery } from "./delivery-claims.js";
import { useEventLog } from "./event-log-fixture.js";
import type { EventLogHarness } from "./event-log-types.js";
import { describeExpiry } from "./expiry-claims.js";
import { describeLatestEvents } from "./latest-claims.js";
import { describeReaders } from "./reader-claims.js";

export type { EventLogHarness } from "./event-log-types.js";

/** Runs the claims over one kind of log. Call it at the top level of a test file. */
export function describeEventLog(name: string, harness: EventLogHarness): void {
	describe(name, () => {
		const its = useEventLog(harness);
		describeDelivery(its);
		describeReaders(its);
		describeLatestEvents(its);
		describeExpiry(its);
	});
}

/**
 * An engine that answers everything but reads of old events, as for a user of Redis who may not run `XRANGE`: no outage.
 */
import { eventually } from "@sse-service/testing";
import { expect, it } from "vitest";
import { createEngineEventLog } from "../src/engine.js";
import { MemoryEngine } from "./memory-engine.js";
import { startService } from "./serving.js";

it("reports reads that fail while the log is followed, and keeps what a client missed until they succeed", async () => {
	const errors: unknown[] = [];
	let refused = 0;
	let refuses = false;
	const driver = new MemoryEngine().driver();
	const eventLog = createEngineEventLog({
		...driver,
		read: async (...range) => {
			if (!refuses) return driver.read(...range);
			refused++;
			throw new Error("may not read");
		},
	});
	const { sse, open } = await startService({
		heartbeatIntervalMs: 0,
		eventLog,
		history: { maxEvents: 1 },
		onError: (error) => errors.push(error),
	});
	const { id } = await sse.publish("all", "0");
	for (const data of ["1", "2", "3"]) await sse.publish("all", data);
	await eventually(() => eventLog.position?.sequence === 4, "all events");
	refuses = true;
	const { stream } = await open({}, id);
	await eventually(() => refused > 3, "attempts");
	expect(errors).toEqual([
		expect.objectContaining({
			code: "ERR_SSE_LOG_FAILED",
			message: "The engine failed: may not read",
		}),
	]);
	refuses = false;
	expect((await stream.take(3)).map(({ data }) => data)).toEqual(["1", "2", "3"]);
});

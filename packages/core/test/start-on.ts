/**
 * Services on an engine in memory, as several processes share a log.
 */
import { eventually } from "@sse-service/testing";
import { createEngineEventLog } from "../src/engine.js";
import type { SSEServiceOptions } from "../src/index.js";
import type { MemoryEngine } from "./memory-engine.js";
import { type Serving, startService } from "./serving.js";

/** Once its log is open. */
export async function startOn(
	engine: MemoryEngine,
	options: SSEServiceOptions = {},
): Promise<Serving> {
	const eventLog = createEngineEventLog(engine.driver());
	const serving = await startService({ heartbeatIntervalMs: 0, eventLog, ...options });
	await eventually(() => eventLog.position !== undefined, "the log to be open");
	return serving;
}

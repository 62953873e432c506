/**
 * The claims of every event log, over the one in memory and over one on an engine.
 */
import { describeEventLog } from "@sse-service/testing/event-log";
import { afterAll, beforeAll, vi } from "vitest";
import { createMemoryEventLog } from "../src/adapter.js";
import { createEngineEventLog } from "../src/engine.js";
import { MemoryEngine } from "./memory-engine.js";

beforeAll(() => {
	vi.useFakeTimers({ toFake: ["Date", "performance"] });
});
afterAll(() => {
	vi.useRealTimers();
});

const pass = (ms: number): void => {
	vi.advanceTimersByTime(ms);
};

describeEventLog("the event log in memory", { make: createMemoryEventLog, pass, isExact: true });

let engine = new MemoryEngine();

describeEventLog("the event log on an engine", {
	make: () => {
		engine = new MemoryEngine();
		return createEngineEventLog(engine.driver());
	},
	pass,
	forget: () => engine.trim(Infinity),
	isExact: false,
});

/**
 * The claims of every event log, over the one in memory.
 */
import { describeEventLog } from "@sse-service/testing/event-log";
import { afterAll, beforeAll, vi } from "vitest";
import { createMemoryEventLog } from "../src/adapter.js";

beforeAll(() => {
	vi.useFakeTimers({ toFake: ["Date"] });
});
afterAll(() => {
	vi.useRealTimers();
});

describeEventLog("the event log in memory", {
	open: createMemoryEventLog,
	pass: (ms) => {
		vi.setSystemTime(Date.now() + ms);
	},
	isExact: true,
});

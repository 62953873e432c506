/**
 * What `redisEventLog` and `redisRunStore` take, and refuse before anything is done.
 */

import { createClient, createClientPool } from "redis";
import { createClient as createClient5, createSentinel as createSentinel5 } from "redis-5";
import { isSSEError } from "sse-service";
import { describe, expect, it } from "vitest";
import { redisEventLog, redisRunStore } from "../src/index.js";

const client = createClient();

type Create = (options: { client: typeof client }) => unknown;

function refusal(options: unknown, create: Create = redisEventLog): string {
	try {
		create(options as { client: typeof client });
	} catch (error) {
		if (isSSEError(error)) return `${error.code} ${error.message}`;
		throw error;
	}
	return "none";
}

describe("redisEventLog", () => {
	it("accepts a client that is not connected yet, and does not connect it", () => {
		redisEventLog({ client });
		redisEventLog({ client: createClient5(), maxEvents: Infinity, prefix: "ä b:c" });
		expect(client.isOpen).toBe(false);
	});

	it.each<[string, unknown]>([
		["nothing", undefined],
		["null", null],
		["no client", {}],
		["a URL", { client: "redis://localhost" }],
		[
			"a client of node-redis 4",
			{ client: { sendCommand() {}, duplicate() {}, connect() {}, on() {} } },
		],
		[
			"a sentinel of node-redis 5",
			{ client: createSentinel5({ name: "main", sentinelRootNodes: [{ host: "", port: 1 }] }) },
		],
		["a pool", { client: createClientPool() }],
		["an unknown option", { client, maxEvent: 1 }],
		["an option that every object has", { client, toString: 1 }],
		["no text as prefix", { client, prefix: 1 }],
		["an empty prefix", { client, prefix: "" }],
		["a prefix with braces", { client, prefix: "{a}" }],
		["a prefix that has no UTF-8", { client, prefix: "\ud800" }],
		["no events", { client, maxEvents: 0 }],
		["a fraction of an event", { client, maxEvents: 1.5 }],
		["a text as a limit", { client, maxBytes: "1" }],
		["no time", { client, maxAgeMs: -1 }],
		["NaN", { client, idempotencyMs: Number.NaN }],
	])("refuses %s", (_, options) => {
		expect(refusal(options)).toMatch(/^ERR_SSE_INVALID_OPTION \w/);
	});
});

describe("redisRunStore", () => {
	it("accepts a client that is not connected yet, and does not connect it", async () => {
		await redisRunStore({ client, prefix: "ä b:c", onError: () => {} }).close();
		expect(client.isOpen).toBe(false);
	});

	it.each<[string, unknown]>([
		["nothing", undefined],
		["no client", {}],
		["an unknown option", { client, prefx: "app" }],
		["a prefix with braces", { client, prefix: "{a}" }],
		["no function as onError", { client, onError: true }],
	])("refuses %s", (_, options) => {
		expect(refusal(options, redisRunStore)).toMatch(/^ERR_SSE_INVALID_OPTION \w/);
	});
});

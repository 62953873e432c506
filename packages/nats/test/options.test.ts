/**
 * The options: what is refused, before anything is done.
 */
import { describe, expect, it } from "vitest";
import { natsEventLog } from "../src/index.js";
import { resolveOptions } from "../src/options.js";

const connection = {
	publish: () => {},
	subscribe: () => ({ unsubscribe: () => {} }),
	status: async function* () {},
	isClosed: () => false,
	closed: async () => {},
};

describe("natsEventLog", () => {
	it.each<[string, unknown]>([
		["nothing", undefined],
		["no object", "nats://localhost"],
		["no connection", {}],
		["a connection that is none", { connection: {} }],
		["a promise of one", { connection: Promise.resolve(connection) }],
		["an unknown option", { connection, perfix: "SSE" }],
		["an empty prefix", { connection, prefix: "" }],
		["a prefix with a dot", { connection, prefix: "a.b" }],
		["a prefix with a wildcard", { connection, prefix: "*" }],
		["a prefix that is too long", { connection, prefix: "x".repeat(33) }],
		["no events", { connection, maxEvents: 0 }],
		["a part of a byte", { connection, maxBytes: 1.5 }],
		["an age in words", { connection, maxAgeMs: "1 day" }],
		["keys that are known for no time", { connection, idempotencyMs: 0 }],
		["keys that are known forever", { connection, idempotencyMs: Infinity }],
		["an unknown storage", { connection, storage: "disk" }],
		["too many replicas", { connection, replicas: 7 }],
		["a prefix of the API that ends with a dot", { connection, apiPrefix: "$JS.API." }],
		["inboxes with a wildcard", { connection, inboxPrefix: "_INBOX.>" }],
	])("refuses %s", (_, options) => {
		const make = (): unknown => natsEventLog(options as Parameters<typeof natsEventLog>[0]);
		expect(make).toThrow(expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }));
	});

	it("takes every option, and undefined for one that is omitted", () => {
		const options = {
			connection,
			prefix: "my-log_2",
			maxEvents: Infinity,
			maxBytes: Infinity,
			maxAgeMs: Infinity,
			idempotencyMs: 100,
			storage: "memory",
			replicas: 3,
			apiPrefix: "$JS.hub.API",
			inboxPrefix: "_INBOX.me",
		} as const;
		expect(resolveOptions(options)).toEqual(options);
		expect(resolveOptions({ connection, prefix: undefined })).toMatchObject({ prefix: "SSE" });
		expect(natsEventLog(options)).toMatchObject({ append: expect.any(Function) });
	});
});

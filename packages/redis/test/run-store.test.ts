/**
 * The claims of every run store, over each client library, and of many runs at a time.
 */
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import { describeRunStore } from "@sse-service/testing/run-store";
import { afterAll, beforeAll, describe } from "vitest";
import { redisRunStore } from "../src/index.js";
import { type OpenClient, openClient } from "./clients.js";

let prefixes = 0;

describe.skipIf(redisServerPath === undefined).each([
	["node-redis 6", {}],
	["ioredis 6", { keyPrefix: "app:" }],
])("over %s with %o", (library, settings) => {
	let server: Awaited<ReturnType<typeof startRedisServer>>;
	let opened: OpenClient;
	let prefix = `runs ${++prefixes}`;

	beforeAll(async () => {
		server = await startRedisServer();
		opened = await openClient(library, server.port, settings);
	});
	afterAll(async () => {
		opened.close();
		await server.stop();
	});

	describeRunStore("in Redis", {
		open: async () => redisRunStore({ client: opened.client, prefix }),
		close: async () => {
			prefix = `runs ${++prefixes}`;
		},
	});
});

/**
 * The claims of every event log, over each client library.
 */
import { setTimeout as after } from "node:timers/promises";
import { describeEventLog } from "@sse-service/testing/event-log";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import { afterAll, beforeAll, describe } from "vitest";
import { clientOf } from "../src/clients/detect-client.js";
import { redisEventLog } from "../src/index.js";
import { type OpenClient, openClient } from "./clients.js";

let logs = 0;

describe.skipIf(redisServerPath === undefined).each(["node-redis 6", "ioredis 6"])(
	"over %s",
	(library) => {
		let server: Awaited<ReturnType<typeof startRedisServer>>;
		let opened: OpenClient;
		let prefix = "";

		beforeAll(async () => {
			server = await startRedisServer();
			opened = await openClient(library, server.port);
		});
		afterAll(async () => {
			opened.close();
			await server.stop();
		});

		describeEventLog("the event log in Redis", {
			make: () => {
				prefix = `log ${++logs}`;
				return redisEventLog({ client: opened.client, prefix });
			},
			// Redis has its own clock, which tests do not set.
			pass: (ms) => after(ms),
			forget: async () => {
				await clientOf(opened.client).call(["XTRIM", `{${prefix}}:log`, "MAXLEN", "0"], "");
			},
			isExact: false,
		});
	},
);

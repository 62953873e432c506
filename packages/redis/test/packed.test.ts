/**
 * The package as it is published, in ES modules and CommonJS, with each client library.
 */
import { join } from "node:path";
import { describePacked } from "@sse-service/testing/packed";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import { useSuiteServer } from "@sse-service/testing/suite-server";
import { describe } from "vitest";

const PACKAGE = join(import.meta.dirname, "..");

const program = `
const sse = createSSEService({ eventLog: redisEventLog({ client }) });
const server = createServer((req, res) => {
	if (req.url === "/events") {
		sse.connect({ req, res }).connection.send("hello");
	} else {
		res.end(String(sse.send("all", "for all")));
	}
});
server.listen(0, "127.0.0.1", () => console.log("http://127.0.0.1:" + server.address().port));
process.once("SIGTERM", async () => {
	server.close();
	await sse.close();
	if ("call" in client) client.disconnect();
	else client.destroy();
});
`;

const typed = `
import { type EventLog, redisEventLog } from "@sse-service/redis";
import { createSSEService } from "sse-service";

const sse = createSSEService({ eventLog: redisEventLog({ client, prefix: "news" }) });
export const sent: number = sse.send("all", "hello");
export const log: EventLog = redisEventLog({ client, maxEvents: 1_000 });
// @ts-expect-error: a number.
redisEventLog({ client, maxEvents: "1000" });
// @ts-expect-error: no client.
redisEventLog({ client: {} });
`;

describe.skipIf(redisServerPath === undefined)("over Redis", () => {
	useSuiteServer("REDIS_URL", startRedisServer);

	describePacked({
		folder: PACKAGE,
		linked: {
			redis: join(PACKAGE, "node_modules/redis"),
			ioredis: join(PACKAGE, "node_modules/ioredis"),
		},
		programs: {
			"node-redis.mjs": `
import { createServer } from "node:http";
import { redisEventLog } from "@sse-service/redis";
import { createClient } from "redis";
import { createSSEService } from "sse-service";
const client = await createClient({ url: process.env.REDIS_URL }).connect();
${program}`,
			"ioredis.cjs": `
const { createServer } = require("node:http");
const { redisEventLog } = require("@sse-service/redis");
const { Redis } = require("ioredis");
const { createSSEService } = require("sse-service");
const client = new Redis(process.env.REDIS_URL);
${program}`,
		},
		types: {
			"types.mts": `
import { createClient } from "redis";
const client = createClient();
${typed}`,
			"types.cts": `
import { Redis } from "ioredis";
const client = new Redis();
${typed}`,
		},
	});
});

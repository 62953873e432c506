/**
 * The claims of every engine of an event log, over each client library.
 */
import { describeLogEngine } from "@sse-service/testing/log-engine";
import { redisServerPath } from "@sse-service/testing/redis-server";
import { afterAll, beforeAll, describe } from "vitest";
import { LIBRARIES } from "./clients.js";
import { Lab } from "./lab.js";

describe.skipIf(redisServerPath === undefined).each(LIBRARIES)("over %s", (library) => {
	let lab: Lab;

	beforeAll(async () => {
		lab = await Lab.start();
	});
	afterAll(() => lab.stop());

	describeLogEngine("an engine in Redis", {
		create: () => {
			lab.begin();
			return {
				driver: () => lab.engine({ library }),
				lose: async () => {
					await lab.call("FLUSHALL");
				},
				trim: async (sequence) => {
					await lab.call("XTRIM", lab.key("log"), "MINID", `${sequence + 1}`);
				},
				cut: () => lab.cutFollowers(),
			};
		},
	});
});

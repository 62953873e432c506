/**
 * The claims of every engine of an event log, over each client library.
 */
import { describeLogEngine } from "@sse-service/testing/log-engine";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import { afterAll, beforeAll, describe } from "vitest";
import { clientOf } from "../src/client-of.js";
import { resolveOptions } from "../src/options.js";
import { RedisEngine } from "../src/redis-engine.js";
import { LIBRARIES, type OpenClient, openClient } from "./clients.js";

let logs = 0;

describe.skipIf(redisServerPath === undefined).each(LIBRARIES)("over %s", (library) => {
	let server: Awaited<ReturnType<typeof startRedisServer>>;
	let admin: OpenClient;
	const clients: OpenClient[] = [];

	beforeAll(async () => {
		server = await startRedisServer();
		admin = await openClient(library, server.port);
	});
	afterAll(async () => {
		for (const { close } of [admin, ...clients.splice(0)]) close();
		await server.stop();
	});
	const call = (...args: string[]): Promise<unknown> => clientOf(admin.client).call(args, "");

	describeLogEngine("an engine in Redis", {
		create: () => {
			const prefix = `log ${++logs}`;
			return {
				driver: async () => {
					const opened = await openClient(library, server.port);
					clients.push(opened);
					const { limits } = resolveOptions({});
					return new RedisEngine(clientOf(opened.client), prefix, limits);
				},
				lose: async () => {
					await call("FLUSHALL");
				},
				trim: async (sequence) => {
					await call("XTRIM", `{${prefix}}:log`, "MINID", `${sequence + 1}`);
				},
				cut: async () => {
					const list = String(await call("CLIENT", "LIST"));
					for (const [, id = ""] of list.matchAll(/^id=(\d+) .*cmd=xread/gm)) {
						await call("CLIENT", "KILL", "ID", id);
					}
				},
			};
		},
	});
});

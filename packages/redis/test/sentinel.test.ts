/**
 * A master that is killed, and a replica that Redis Sentinel puts in its place.
 */
import { eventually, openStream, startServer } from "@sse-service/testing";
import { redisServerPath, startRedisSentinel } from "@sse-service/testing/redis-server";
import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis-5";
import { createSentinel } from "redis";
import { createSSEService } from "sse-service";
import { afterEach, describe, expect, it } from "vitest";
import { type AnyRedisClient, redisEventLog } from "../src/index.js";
import { close } from "./clients.js";
import { Lab, until, untilDone } from "./lab.js";

const host = "127.0.0.1";

const SENTINELS: Readonly<Record<string, (port: number) => AnyRedisClient>> = {
	"node-redis 6": (port) => createSentinel({ name: "main", sentinelRootNodes: [{ host, port }] }),
	"ioredis 5": (port) =>
		new Redis5({ name: "main", sentinels: [{ host, port }], lazyConnect: true }),
	"ioredis 6": (port) =>
		new Redis({ name: "main", sentinels: [{ host, port }], lazyConnect: true }),
};

describe.skipIf(redisServerPath === undefined)("Redis Sentinel", () => {
	const ends: (() => unknown)[] = [];

	afterEach(async () => {
		for (const end of ends.splice(0).reverse()) await end();
	});

	it("a master that is killed costs none of its clients an event that its replica had", async () => {
		const [master, replica] = [await Lab.start(), await Lab.start()];
		await replica.call("REPLICAOF", host, `${master.server.port}`);
		const sentinel = await startRedisSentinel(master.server.port);
		ends.push(
			() => sentinel.stop(),
			() => master.stop(),
			() => replica.stop(),
		);
		await until(async () => /state=online/.test(String(await master.call("INFO", "replication"))));

		const members = await Promise.all(
			Object.values(SENTINELS).map(async (make) => {
				const client = make(sentinel.port);
				client.on("error", () => {});
				await client.connect();
				const sse = createSSEService({ eventLog: redisEventLog({ client }), publishTimeoutMs: 0 });
				const server = await startServer((req, res) => void sse.connect({ req, res }));
				ends.push(
					() => close(client),
					() => server.destroy(),
					() => sse.close(),
				);
				await eventually(() => sse.health().ready, "proof");
				return { sse, stream: await openStream(server.url) };
			}),
		);
		for (const [index, { sse }] of members.entries()) await sse.publish("all", `before ${index}`);
		// Waits for what was written on the same connection, and so for all that was written before.
		await master.call("SET", "written", "last");
		expect(await master.call("WAIT", "1", "0")).toBe(1);
		await master.server.kill("SIGKILL");
		const admin = new Redis(sentinel.port, host);
		ends.push(() => admin.disconnect());
		const ask = (...args: string[]): Promise<unknown> => admin.call("SENTINEL", ...args);
		await until(async () => {
			const [, port] = (await ask("GET-MASTER-ADDR-BY-NAME", "main")) as string[];
			if (Number(port) === replica.server.port) return true;
			// It refuses while that goes on, and when the replica has not answered lately.
			await ask("FAILOVER", "main").catch(() => {});
			return false;
		});

		for (const { sse } of members) await untilDone(() => sse.publish("all", "probe"));
		for (const [index, { sse }] of members.entries()) {
			await untilDone(() => sse.publish("all", `after ${index}`, { idempotencyKey: `${index}` }));
		}
		const expected = ["before", "after"].flatMap((when) =>
			members.map((_, index) => `${when} ${index}`),
		);
		for (const { stream } of members) {
			// Those of which nobody knows whether they were stored may be there, or not.
			const received = (): string[] =>
				stream.events.flatMap(({ event, data }) => (data === "probe" ? [] : [event ?? data]));
			await stream.until(() => received().length >= expected.length);
			expect(received()).toEqual(expected);
		}
		expect(String(await replica.call("INFO", "replication"))).toContain("role:master");
	});
});

/**
 * Whatever the application has set its client to, the log is the same.
 */
import { settled } from "@sse-service/testing";
import { redisServerPath } from "@sse-service/testing/redis-server";
import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis-5";
import { createClient, RESP_TYPES } from "redis";
import { createClient as createClient5, RESP_TYPES as RESP_TYPES_5 } from "redis-5";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { clientOf } from "../src/clients/detect-client.js";
import type { RedisEventLogOptions } from "../src/index.js";
import { resolveOptions } from "../src/options.js";
import { RedisEngine } from "../src/redis-engine.js";
import { close } from "./clients.js";
import { Lab, storing, textsOf } from "./lab.js";

type Client = RedisEventLogOptions["client"];

const asBuffers = {
	typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.NUMBER]: String },
};
const asBuffers5 = {
	typeMapping: { [RESP_TYPES_5.BLOB_STRING]: Buffer, [RESP_TYPES_5.NUMBER]: String },
};
const asMaps = { typeMapping: { [RESP_TYPES.MAP]: Map } };
/** No shorter: on a busy machine a command takes its time. */
const LIMIT_MS = 5_000;

const lazy = { host: "127.0.0.1", lazyConnect: true } as const;

const SETTINGS: Readonly<Record<string, (url: string, port: number) => Client>> = {
	"node-redis 6, RESP 2": (url) => createClient({ url, RESP: 2 }),
	"node-redis 6, RESP 3": (url) => createClient({ url, RESP: 3 }),
	"node-redis 6, replies as buffers": (url) => createClient({ url, commandOptions: asBuffers }),
	"node-redis 6, a proxy for buffers": (url) =>
		createClient({ url }).withCommandOptions(asBuffers) as unknown as Client,
	"node-redis 6, maps as Map": (url) => createClient({ url, RESP: 3, commandOptions: asMaps }),
	"node-redis 6, time limits": (url) =>
		createClient({
			url,
			commandOptions: { timeout: LIMIT_MS },
			socket: { socketTimeout: LIMIT_MS },
			pingInterval: 100,
			commandsQueueMaxLength: 1_000,
		}),
	"node-redis 5, RESP 3 and buffers": (url) =>
		createClient5({ url, RESP: 3, commandOptions: asBuffers5 }),
	"ioredis 6, RESP 2": (_, port) => new Redis({ ...lazy, port, protocol: 2 }),
	"ioredis 6, RESP 3": (_, port) => new Redis({ ...lazy, port, protocol: 3 }),
	"ioredis 6, maps as they are": (_, port) =>
		new Redis({ ...lazy, port, protocol: 3, replyMapping: "resp3" }),
	"ioredis 6, key prefix": (_, port) => new Redis({ ...lazy, port, keyPrefix: "app:" }),
	"ioredis 6, numbers as texts": (_, port) => new Redis({ ...lazy, port, stringNumbers: true }),
	"ioredis 6, automatic pipelines": (_, port) =>
		new Redis({ ...lazy, port, enableAutoPipelining: true }),
	"ioredis 6, time limits": (_, port) =>
		new Redis({
			...lazy,
			...{ port, commandTimeout: LIMIT_MS, blockingTimeout: LIMIT_MS, socketTimeout: LIMIT_MS },
		}),
	"ioredis 6, no queue": (_, port) =>
		new Redis({ ...lazy, port, enableOfflineQueue: false, enableReadyCheck: false }),
	"ioredis 5, key prefix and automatic pipelines": (_, port) =>
		new Redis5({ ...lazy, port, keyPrefix: "{app}:", enableAutoPipelining: true }),
};

describe.skipIf(redisServerPath === undefined)("the settings of a client", () => {
	let lab: Lab;

	beforeAll(async () => {
		lab = await Lab.start();
	});
	afterAll(() => lab?.stop());
	beforeEach(() => lab.begin());
	afterEach(() => lab.clear());

	it.each(Object.entries(SETTINGS))("%s", async (_, make) => {
		const client = make(lab.server.url, lab.server.port);
		client.on("error", () => {});
		await client.connect();
		const { limits } = resolveOptions({});
		const engine = new RedisEngine(clientOf(client), lab.prefix, limits);
		try {
			const told: string[] = [];
			await engine.open((message) => told.push(message));
			expect(told).toEqual([]);
			const controller = new AbortController();
			const followed: string[] = [];
			const following = engine.follow(
				0,
				(stored) => {
					followed.push(...textsOf(stored));
					if (followed.length === 3) controller.abort();
				},
				controller.signal,
			);
			// Longer than the limits of time that there are above, with nothing to hand over.
			if (_.includes("time limits"))
				await new Promise((resolve) => setTimeout(resolve, LIMIT_MS + 500));
			const answers = await engine.append([
				storing("ä€😀", { ownId: "1", idempotencyKey: "once" }),
				storing("2", { latest: { group: "prices", key: "A", max: 3 } }),
				storing("again", { idempotencyKey: "once" }),
				storing("3"),
			]);
			expect(answers).toMatchObject([
				{ sequence: 1, isNew: true, ownId: "1" },
				{ sequence: 2, isNew: true },
				{ sequence: 1, isNew: false, ownId: "1" },
				{ sequence: 3, isNew: true },
			]);
			await settled(following, "the events");
			const stored = await engine.read(1, 10);
			expect(textsOf(stored)).toEqual(["ä€😀", "2", "3"]);
			expect(followed).toEqual(textsOf(stored));
			expect(await engine.latest("prices")).toMatchObject([{ sequence: 2, text: "2" }]);
			await engine.post("a", "b", 60_000);
			expect(await engine.posted()).toEqual(new Map([["a", "b"]]));
			await engine.tidy();
			expect(await engine.newest()).toMatchObject({ sequence: 3 });
		} finally {
			await engine.close();
			close(client);
		}
	});
});

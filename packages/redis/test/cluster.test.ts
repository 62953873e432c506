/**
 * The claims of every engine over Redis Cluster, and a log that moves to another node.
 */
import { freePort, settled } from "@sse-service/testing";
import { describeLogEngine } from "@sse-service/testing/log-engine";
import { redisServerPath } from "@sse-service/testing/redis-server";
import { Cluster } from "ioredis";
import { Cluster as Cluster5 } from "ioredis-5";
import { createCluster } from "redis";
import { createCluster as createCluster5 } from "redis-5";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RUN_LIMIT_MS } from "../../../.ci/limits.mjs";
import { clientOf } from "../src/clients/detect-client.js";
import type { AnyRedisClient } from "../src/index.js";
import { resolveOptions } from "../src/options.js";
import { RedisEngine } from "../src/redis-engine.js";
import { close } from "./clients.js";
import { Lab, store, textsOf, until, untilDone } from "./lab.js";

const SLOTS = 16_384;
const NODES = 3;

const host = "127.0.0.1";

/** Within a second, by default, a node has to tell ioredis where the slots are. A busy machine takes longer. */
const ioredis = { lazyConnect: true, slotsRefreshTimeout: RUN_LIMIT_MS };

const CLUSTERS: Readonly<Record<string, (port: number) => AnyRedisClient>> = {
	"node-redis 5": (port) => createCluster5({ rootNodes: [{ socket: { host, port } }] }),
	"node-redis 6": (port) =>
		createCluster({ rootNodes: [{ socket: { host, port } }], useReplicas: true }),
	"ioredis 5": (port) => new Cluster5([{ host, port }], ioredis),
	"ioredis 6": (port) =>
		new Cluster([{ host, port }], { ...ioredis, scaleReads: "slave", keyPrefix: "app:" }),
};

let logs = 0;

describe.skipIf(redisServerPath === undefined)("Redis Cluster", () => {
	const nodes: Lab[] = [];
	const ends: (() => unknown)[] = [];

	beforeAll(async () => {
		for (let index = 0; index < NODES; index++) {
			const args = ["--cluster-enabled", "yes", "--cluster-port", `${await freePort()}`];
			nodes.push(await Lab.start({ args }));
		}
		const [first] = nodes;
		for (const [index, node] of nodes.entries()) {
			const [from, to] = [index, index + 1].map((part) => Math.floor((part * SLOTS) / NODES));
			await node.call("CLUSTER", "ADDSLOTSRANGE", `${from}`, `${(to ?? 0) - 1}`);
			await node.call("CLUSTER", "SET-CONFIG-EPOCH", `${index + 1}`);
			if (node !== first) await first?.call("CLUSTER", "MEET", host, ...portsOf(node));
		}
		for (const node of nodes) {
			await until(async () => {
				const info = String(await node.call("CLUSTER", "INFO"));
				return /state:ok/.test(info) && new RegExp(`known_nodes:${NODES}`).test(info);
			});
		}
	});
	afterAll(async () => {
		for (const node of nodes) await node.stop();
	});
	afterEach(async () => {
		for (const end of ends.splice(0).reverse()) await end();
	});

	describe.each(Object.entries(CLUSTERS))("over %s", (library, make) => {
		const keyOf = (prefix: string, name: string): string =>
			`${library === "ioredis 6" ? "app:" : ""}{${prefix}}:${name}`;

		async function openEngine(prefix: string): Promise<RedisEngine> {
			const client = make(nodes[0]?.server.port ?? 0);
			client.on("error", () => {});
			await client.connect();
			ends.push(() => close(client));
			return new RedisEngine(clientOf(client), prefix, resolveOptions({}).limits);
		}

		/** The node that has the keys of a log. */
		async function nodeOf(prefix: string): Promise<Lab> {
			for (const node of nodes) {
				const keys = (await node.call("KEYS", keyOf(prefix, "*"))) as string[];
				if (keys.length > 0) return node;
			}
			throw new Error(`no node has ${prefix}`);
		}

		describeLogEngine("an engine in Redis Cluster", {
			create: () => {
				const prefix = `log ${++logs}`;
				return {
					driver: () => openEngine(prefix),
					lose: async () => {
						for (const node of nodes) await node.call("FLUSHALL");
					},
					trim: async (sequence) => {
						const node = await nodeOf(prefix);
						await node.call("XTRIM", keyOf(prefix, "log"), "MINID", `${sequence + 1}`);
					},
					cut: async () => {
						for (const node of nodes) await node.cutFollowers();
					},
				};
			},
		});

		// The driver gives up what is not answered after 5 s, and tries again.
		it("a log that moves to another node continues there", async () => {
			const prefix = `log ${++logs}`;
			const engine = await openEngine(prefix);
			await engine.open(() => {});
			const at = await store(engine, "1");
			const following = engine.follow(1, () => {}, new AbortController().signal);
			following.catch(() => {});
			const source = await nodeOf(prefix);
			await source.untilFollowed();
			await move(source, nodes.find((node) => node !== source) ?? source, keyOf(prefix, ""));
			await expect(settled(following, "the end of following")).rejects.toThrow(/^MOVED \d+ /);
			await untilDone(() => store(engine, "2", { idempotencyKey: "once" }));
			expect(await engine.newest()).toMatchObject({ epoch: at.epoch, sequence: 2 });
			const controller = new AbortController();
			const again: string[] = [];
			await untilDone(async () => {
				// As a tail does before it follows: by that the client learns where the slot is, when what it knew was old.
				await engine.newest();
				await engine.follow(
					again.length,
					(stored) => {
						again.push(...textsOf(stored));
						// One at a time, if earlier replies did not arrive.
						if (again.length >= 2) controller.abort();
					},
					controller.signal,
				);
			});
			expect(again).toEqual(["1", "2"]);
		});
	});

	/** Move the slot of a key, and all that is in it. */
	async function move(source: Lab, target: Lab, key: string): Promise<void> {
		const slot = String(await source.call("CLUSTER", "KEYSLOT", key));
		const [sourceId, targetId] = await Promise.all(
			[source, target].map(async (node) => String(await node.call("CLUSTER", "MYID"))),
		);
		await target.call("CLUSTER", "SETSLOT", slot, "IMPORTING", sourceId ?? "");
		await source.call("CLUSTER", "SETSLOT", slot, "MIGRATING", targetId ?? "");
		const keys = (await source.call("CLUSTER", "GETKEYSINSLOT", slot, "100")) as string[];
		const { port } = target.server;
		await source.call("MIGRATE", host, `${port}`, "", "0", "5000", "KEYS", ...keys);
		for (const node of [target, source, ...nodes]) {
			await node.call("CLUSTER", "SETSLOT", slot, "NODE", targetId ?? "");
		}
	}
});

function portsOf({ server, args }: Lab): [port: string, busPort: string] {
	return [`${server.port}`, args.at(-1) ?? ""];
}

/**
 * The client of `redis` (node-redis) for Redis Cluster, 5 or 6.
 */
import type { RedisClient } from "./client.js";
import { AS_TEXT, fromNodeRedis, type NodeRedisClient } from "./node-redis.js";

/** What is used of it. */
export interface NodeRedisCluster {
	readonly slots: readonly { readonly master: object }[];
	sendCommand(
		firstKey: string | undefined,
		isReadonly: boolean | undefined,
		args: string[],
		options?: object,
	): Promise<unknown>;
	nodeClient(node: object): Promise<NodeRedisClient>;
	connect(): Promise<unknown>;
	destroy(): void;
	on(event: "error", listener: (error: Error) => void): unknown;
}

export function fromNodeRedisCluster(cluster: NodeRedisCluster): RedisClient {
	return {
		isCluster: true,
		call: (args, key) => cluster.sendCommand(key, false, [...args], AS_TEXT),
		connect: async (key, signal) => {
			const question = ["CLUSTER", "KEYSLOT", key];
			const slot = Number(await cluster.sendCommand(key, false, question, AS_TEXT));
			const master = cluster.slots[slot]?.master;
			if (master === undefined) throw new Error(`No node of the cluster is known to have ${key}`);
			return fromNodeRedis(await cluster.nodeClient(master)).connect(key, signal);
		},
	};
}

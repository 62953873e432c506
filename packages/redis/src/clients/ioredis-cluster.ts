/**
 * The client of `ioredis` for Redis Cluster, 5 or 6.
 */
import type { RedisClient } from "./client.js";
import { fromIORedis, type IORedisClient } from "./ioredis.js";

/** What is used of it. */
export interface IORedisCluster {
	readonly options: { readonly keyPrefix?: string | undefined };
	/** For each slot, the addresses of its nodes, master first. */
	readonly slots: readonly (readonly string[] | undefined)[];
	nodes(role: "master"): readonly IORedisNode[];
	call(command: string, ...args: string[]): Promise<unknown>;
	connect(): Promise<unknown>;
	disconnect(): void;
	on(event: "error", listener: (error: Error) => void): unknown;
}

interface IORedisNode extends IORedisClient {
	readonly options: { readonly host?: string | undefined; readonly port?: number | undefined };
}

export function fromIORedisCluster(cluster: IORedisCluster): RedisClient {
	// The cluster adds the prefix to keys; its nodes do not.
	const { keyPrefix = "" } = cluster.options;
	return {
		isCluster: true,
		call: ([command = "", ...args]) => cluster.call(command, ...args),
		connect: async (key, signal) => {
			const slot = Number(await cluster.call("CLUSTER", "KEYSLOT", keyPrefix + key));
			const address = cluster.slots[slot]?.[0];
			const node = cluster
				.nodes("master")
				.find(({ options: { host, port } }) => `${host}:${port}` === address);
			if (node === undefined) throw new Error(`No node of the cluster is known to have ${key}`);
			return fromIORedis(node, { keyPrefix }).connect(key, signal);
		},
	};
}

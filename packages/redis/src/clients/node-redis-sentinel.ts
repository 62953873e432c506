/**
 * The client of `redis` (node-redis) for Redis Sentinel, 6. The client of version 5 cannot be duplicated.
 */
import { opened, type RedisClient, type RedisConnection } from "./client.js";
import { AS_TEXT, WAITING } from "./node-redis.js";

/** What is used of it. */
export interface NodeRedisSentinel {
	sendCommand(isReadonly: boolean | undefined, args: string[], options?: object): Promise<unknown>;
	duplicate(overrides?: object): NodeRedisSentinel;
	acquire(): Promise<unknown>;
	connect(): Promise<unknown>;
	destroy(): Promise<unknown>;
	on(event: "error", listener: (error: Error) => void): unknown;
}

/** One connection to the master; a command that fails there is not retried elsewhere. */
const OWN = {
	masterPoolSize: 1,
	replicaPoolSize: 0,
	reserveClient: false,
	maxCommandRediscovers: 0,
};

export function fromNodeRedisSentinel(sentinel: NodeRedisSentinel): RedisClient {
	return {
		call: (args) => sentinel.sendCommand(false, [...args], AS_TEXT),
		connect: async (_, signal) => {
			const own = sentinel.duplicate(OWN);
			// Pending commands reject with the same error.
			own.on("error", () => {});
			const connection: RedisConnection = {
				call: (args) => own.sendCommand(false, [...args], WAITING),
				destroy: () => void own.destroy().catch(() => {}),
			};
			return opened(own.connect(), connection, signal);
		},
	};
}

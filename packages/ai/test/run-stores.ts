/**
 * The run stores that adapters are tested over: in memory, and in Redis where it is installed. Two stores stand for two
 * processes.
 */
import { redisRunStore } from "@sse-service/redis";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import { Redis } from "ioredis";
import { createMemoryRunStore, type RunStore } from "sse-service/runs";

interface StorePair {
	readonly one: RunStore;
	readonly other: RunStore;
	close(): Promise<void>;
}

export interface StoreKind {
	/** Starts what the stores need. Must be called first. */
	start(): Promise<void>;
	stop(): Promise<void>;
	/** Two stores with the same runs, none yet. */
	open(): StorePair;
}

function memory(): StoreKind {
	return {
		start: async () => {},
		stop: async () => {},
		open: () => {
			const store = createMemoryRunStore();
			return { one: store, other: store, close: () => store.close() };
		},
	};
}

function redis(): StoreKind {
	let server: Awaited<ReturnType<typeof startRedisServer>>;
	let client: Redis;
	let prefixes = 0;
	return {
		start: async () => {
			server = await startRedisServer();
			client = new Redis(server.port, "127.0.0.1");
		},
		stop: async () => {
			client.disconnect();
			await server.stop();
		},
		open: () => {
			const prefix = `test ${prefixes++}`;
			const [one, other] = [redisRunStore({ client, prefix }), redisRunStore({ client, prefix })];
			return {
				one,
				other,
				close: async () => {
					await one.close();
					await other.close();
				},
			};
		},
	};
}

export const storeKinds: readonly (readonly [name: string, kind: StoreKind])[] = [
	["memory", memory()],
	...(redisServerPath === undefined ? [] : [["Redis", redis()] as const]),
];

/**
 * The stores that tests run over: in memory, and in a real Redis and a real NATS.
 */
import { connect } from "@nats-io/transport-node";
import { natsRunStore } from "@sse-service/nats";
import { redisRunStore } from "@sse-service/redis";
import { natsServerPath, startNatsServer } from "@sse-service/testing/nats-server";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import { Redis } from "ioredis";
import { createMemoryRunStore, type RunStore } from "sse-service/runs";

export interface StoreKind {
	readonly name: string;
	readonly isHere: boolean;
	/** @returns a function that opens the same store, as each process does */
	start(): Promise<{ open(): RunStore; stop(): Promise<void>; readonly port?: number }>;
}

export const STORES: readonly StoreKind[] = [
	{
		name: "in memory",
		isHere: true,
		start: async () => {
			const store = createMemoryRunStore();
			return { open: () => store, stop: () => store.close() };
		},
	},
	{
		name: "in Redis",
		isHere: redisServerPath !== undefined,
		start: async () => {
			const server = await startRedisServer();
			const client = openRedis(server.port);
			return {
				port: server.port,
				open: () => redisRunStore({ client }),
				stop: async () => {
					client.disconnect();
					await server.stop();
				},
			};
		},
	},
];

export const ALL_STORES: readonly StoreKind[] = [
	...STORES,
	{
		name: "in NATS",
		isHere: natsServerPath !== undefined,
		start: async () => {
			const server = await startNatsServer();
			const connection = await connect({ servers: `127.0.0.1:${server.port}` });
			return {
				open: () => natsRunStore({ connection }),
				stop: async () => {
					await connection.close();
					await server.stop();
				},
			};
		},
	},
];

export function openRedis(port: number): Redis {
	const client = new Redis(port, "127.0.0.1");
	client.on("error", () => {});
	return client;
}
